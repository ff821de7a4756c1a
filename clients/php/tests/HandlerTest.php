<?php

// PHP's sessions over the handler: what a site stores and a browser gets.

declare(strict_types=1);

namespace SessionsForRedis\Tests;

use PHPUnit\Framework\TestCase;
use SessionsForRedis\Tests\Support\Server;
use SessionsForRedis\Tests\Support\Site;

final class HandlerTest extends TestCase
{
    /** @var array<string, Site> */
    private static array $sites = [];

    /** @return array<string, array{string}> */
    public function sites(): array
    {
        return array_map(static fn ($name): array => [$name], [
            'php -S' => 'php -S', 'php-fpm behind nginx' => 'php-fpm', 'Predis' => 'Predis',
            'a handler around it' => 'wrapped', 'a hashed cookie' => 'sha256', 'a signed cookie' => 'signed',
        ]);
    }

    private static function site(string $name): Site
    {
        return self::$sites[$name] ??= match ($name) {
            'php -S' => Site::serve(),
            'php-fpm' => Site::behindNginx(),
            'Predis' => Site::serve([], ['client' => 'Predis']),
            'wrapped' => Site::serve([], ['wrapped' => true]),
            'sha256' => Site::serve(['cookie' => 'sha256']),
            'signed' => Site::serve(['cookie' => 'signed', 'secret' => ['cats', 'old']]),
        };
    }

    /** @dataProvider sites */
    public function testASessionIsKeptFromRequestToRequest(string $name): void
    {
        $site = self::site($name);
        $browser = $site->browser();
        self::assertSame([], $browser->json('/read'));
        self::assertSame(0, $site->sessions()->count(), 'nothing is stored for a visitor without data');
        $browser->get('/set?cart=[1,{"deep":true}]&big=9007199254740993&float=0.1');
        self::assertSame(1, $site->sessions()->count());
        $read = ['cart' => [1, ['deep' => true]], 'big' => 9007199254740993, 'float' => 0.1];
        self::assertSame($read, $browser->json('/read'));
        $browser->get('/delete?big&float');
        self::assertSame(['cart' => [1, ['deep' => true]]], $browser->json('/read'));
        self::assertSame([true, PHP_SESSION_NONE], $browser->json('/logout'));
        self::assertSame([], $browser->json('/read'));
        self::assertSame(0, $site->sessions()->count());
    }

    /** @dataProvider sites */
    public function testAPlantedIdIsReplaced(string $name): void
    {
        $site = self::site($name);
        foreach ([str_repeat('a', 64), 'planted', 's:planted.signature', '../../etc/passwd', "\xff"] as $planted) {
            $browser = $site->browser();
            $browser->cookies['PHPSESSID'] = $planted;
            $browser->get('/set?a=1');
            self::assertNotSame($planted, $browser->session());
            self::assertSame(['a' => 1], $browser->json('/read'));
            $thief = $site->browser();
            $thief->cookies['PHPSESSID'] = $planted;
            self::assertSame([], $thief->json('/read'));
        }
        $site->sessions()->killAll();
    }

    /** @dataProvider sites */
    public function testTwoRequestsAtOnceThatChangeDifferentKeysLoseNothing(string $name): void
    {
        $site = self::site($name);
        $browser = $site->browser();
        $browser->get('/set?z=0');
        $one = $site->hold($browser, '/slow?a=1');
        $two = $site->hold($browser, '/slow?b=2');
        $one();
        $two();
        self::assertSame(['z' => 0, 'a' => 1, 'b' => 2], $browser->json('/read'));
        $site->sessions()->killAll();
    }

    /** @dataProvider sites */
    public function testALogOutDuringASlowRequestLasts(string $name): void
    {
        $site = self::site($name);
        $browser = $site->browser();
        $browser->get('/set?a=1');
        $slow = $site->hold($browser, '/slow?b=1');
        $planted = $browser->session();
        $browser->get('/logout');
        self::assertSame(200, $slow()['status']);
        self::assertSame(0, $site->sessions()->count());
        $browser->cookies['PHPSESSID'] = $planted;
        self::assertSame([], $browser->json('/read'));
    }

    /** @dataProvider sites */
    public function testALogInGetsANewIdAndKeepsTheCart(string $name): void
    {
        $site = self::site($name);
        foreach (['/login', '/login-first'] as $path) {
            foreach (['true', 'false'] as $renew) {
                $browser = $site->browser();
                $browser->get('/set?cart=1');
                $thief = $site->browser();
                $thief->cookies = $browser->cookies;
                $browser->get("$path?user=ann&renew=$renew");
                self::assertNotSame($thief->session(), $browser->session());
                self::assertSame(['cart' => 1, 'user' => 'ann'], $browser->json('/read'));
                self::assertArrayNotHasKey('user', $thief->json('/read'), "$path $renew");
                [$device] = $site->sessions()->soid('ann');
                self::assertSame('test', $device['ua']);
                self::assertSame($browser->json('/id')[1], $device['sid']);
                self::assertSame(1, $site->sessions()->killSoid('ann'));
                $site->sessions()->killAll();
            }
        }
    }

    /** @dataProvider sites */
    public function testASessionWithANewIdAndNothingOfWhatItHadIsNobodys(string $name): void
    {
        $site = self::site($name);
        $browser = $site->browser();
        $browser->get('/set?cart=1');
        [$stored] = $site->sessions()->soapp(0, ['withTokens' => true]);
        // As another language logs in.
        $site->sessions()->save($stored['token'], ['passport' => 'ann'], ['id' => 'ann']);
        $browser->get('/renew?renew=true');
        self::assertSame(1, $site->sessions()->countSoid('ann'));
        $browser->get('/logout-emptied');
        self::assertSame([0, ['flash' => 'bye']], [$site->sessions()->countSoid('ann'), $browser->json('/read')]);
        $site->sessions()->killAll();
    }

    /** @dataProvider sites */
    public function testARenewalKeepsWhatOthersWriteMeanwhile(string $name): void
    {
        $site = self::site($name);
        $browser = $site->browser();
        $browser->get('/set?cart=1');
        $login = $site->hold($browser, '/slow-login?user=ann');
        $browser->get('/set?seen=1');
        $login();
        $read = ['cart' => 1, 'seen' => 1, 'user' => 'ann'];
        self::assertSame($read, array_diff_key($browser->json('/read'), ['held' => 0]));
        self::assertSame(1, $site->sessions()->count());
        $site->sessions()->killAll();
    }

    /** @dataProvider sites */
    public function testARenewalOfAnEndedSessionBeginsEmpty(string $name): void
    {
        $site = self::site($name);
        $browser = $site->browser();
        $browser->get('/login?user=ann&renew=none');
        $slow = $site->hold($browser, '/slow-login?a=1');
        $site->sessions()->killSoid('ann');
        $slow();
        self::assertSame(['a' => 1], array_diff_key($browser->json('/read'), ['held' => 0]));
        self::assertSame([], $site->sessions()->soid('ann'));
        $site->sessions()->killAll();
    }

    /** @dataProvider sites */
    public function testWithoutDeletingTheOldIdStaysForTenSeconds(string $name): void
    {
        $site = self::site($name);
        $browser = $site->browser();
        $browser->get('/set?a=1');
        $late = $site->browser();
        $late->cookies = $browser->cookies;
        $browser->get('/renew?renew=false&set={"b":2}');
        self::assertNotSame($late->session(), $browser->session());
        self::assertSame(['a' => 1, 'b' => 2], $browser->json('/read'));
        self::assertSame(1, $late->json('/read')['a']);
        foreach (array_column($site->sessions()->soapp(0), 'until') as $until) {
            self::assertLessThanOrEqual(10, $until - time());
        }
        $late->get('/logout');
        $site->sessions()->killAll();
        $old = $site->browser();
        $old->get('/set?a=1');
        $old->get('/renew?renew=true');
        self::assertSame(1, $site->sessions()->count());
        $site->sessions()->killAll();
    }

    /** @dataProvider sites */
    public function testAnIdMayBeRenewedTwiceAndAfterwardsTheSessionMayEnd(string $name): void
    {
        $site = self::site($name);
        foreach (['true', 'false'] as $renew) {
            $browser = $site->browser();
            $browser->get('/set?a=1');
            $browser->get("/renew-twice?renew=$renew");
            self::assertSame(['a' => 1], $browser->json('/read'), $renew);
            $browser->get("/renew-destroy?renew=$renew");
            self::assertSame([], $browser->json('/read'), "destroyed after $renew");
            $site->sessions()->killAll();
            $other = $site->browser();
            $other->get('/set?a=1');
            $other->get("/renew-destroy?renew=$renew");
            self::assertSame(0, $site->sessions()->count(), "nothing stays of what was to end, after $renew");
            // Nothing is written at the end, but the old id has ended.
            $browser->get('/set?a=1');
            $before = $browser->session();
            $browser->get("/renew-abort?renew=$renew");
            $browser->cookies['PHPSESSID'] = $before;
            self::assertSame($renew === 'true' ? [] : ['a' => 1, 'lost' => 1], $browser->json('/read'), $renew);
            $site->sessions()->killAll();
        }
    }

    /** @dataProvider sites */
    public function testWhoPlantedTheIdDoesNotFollowALogIn(string $name): void
    {
        $site = self::site($name);
        foreach (['true', 'false'] as $renew) {
            $browser = $site->browser();
            $browser->get('/set?cart=1');
            $planted = $browser->session();
            $login = $site->hold($browser, "/login-slow?renew=$renew&user=ann");
            $thieves = [];
            foreach (['/read', '/renew?renew=false', '/set?seen=1', '/renew?renew=true'] as $path) {
                $thief = $thieves[] = $site->browser();
                $thief->cookies['PHPSESSID'] = $planted;
                $thief->get($path);
            }
            $login();
            self::assertSame('ann', $browser->json('/read')['user']);
            foreach ($thieves as $thief) {
                self::assertArrayNotHasKey('user', $thief->json('/read'), $renew);
            }
            $site->sessions()->killAll();
        }
    }

    /** @dataProvider sites */
    public function testAnOldIdOfAUserLeadsToTheSessionForAWhile(string $name): void
    {
        $site = self::site($name);
        $browser = $site->browser();
        $browser->get('/login?user=ann');
        $late = $site->browser();
        $late->cookies = $browser->cookies;
        $browser->get('/renew?renew=false&set={"a":1}');
        self::assertNotSame($late->session(), $browser->session());
        self::assertSame('ann', $late->json('/read')['user']);
        self::assertSame(['user' => 'ann', 'a' => 1], $browser->json('/read'));
        self::assertSame([1], $browser->json('/end?user=ann&only=' . $browser->json('/id')[1]));
        $site->sessions()->killAll();
    }

    /** @dataProvider sites */
    public function testWhatPhpsOtherFunctionsDo(string $name): void
    {
        $site = self::site($name);
        $browser = $site->browser();
        $browser->get('/set?a=1');
        self::assertSame([null, true, ['a' => 1, 'b' => 2]], $browser->json('/abort?b=2'), 'stays in the program');
        self::assertSame(['a' => 1], $browser->json('/read'), 'and is not stored');
        self::assertSame([null, true, ['a' => 1]], $browser->json('/reset?b=2'), 'is read again');
        self::assertSame([null, true, false, true, ['a' => 1, 'b' => 2]], $browser->json('/twice?b=2'));
        self::assertSame([null, true, PHP_SESSION_NONE], $browser->json('/close?c=3'));
        self::assertSame(['a' => 1, 'b' => 2, 'c' => 3], $browser->json('/read'));
        $id = $browser->session();
        [$one, $two, $now] = $browser->json('/create-id');
        self::assertSame([$id, $id, 3], [$now, $browser->session(), count(array_unique([$one, $two, $now]))]);
        self::assertStringStartsWith('shop-', $two);
        self::assertSame(0, $browser->json('/gc'));
        self::assertSame([true, true, null], $browser->json('/logout-start?d=4'));
        self::assertNotSame($id, $browser->session());
        self::assertSame(['d' => 4], $browser->json('/read'));
        $fresh = $site->browser();
        self::assertSame([null, true, []], $fresh->json('/reset?b=2'));
        self::assertSame(1, $site->sessions()->killAll());
    }

    /** @dataProvider sites */
    public function testAUsersSessionsAreListedAndEnded(string $name): void
    {
        $site = self::site($name);
        $browsers = [$site->browser(), $site->browser(), $site->browser()];
        foreach ($browsers as $n => $browser) {
            $browser->headers['User-Agent'] = "browser $n";
            $browser->get('/login?user=ann');
        }
        $devices = $browsers[0]->json('/devices?user=ann');
        self::assertEqualsCanonicalizing(['browser 0', 'browser 1', 'browser 2'], array_column($devices, 'ua'));
        self::assertArrayNotHasKey('d', $devices[0]);
        self::assertSame($name === 'php-fpm' ? '198.51.100.7' : '127.0.0.1', $devices[0]['ip']);
        [, $sid] = $browsers[2]->json('/id');
        self::assertSame([1], $browsers[0]->json("/end?user=ann&only=$sid"));
        self::assertSame([1], $browsers[0]->json('/others'));
        self::assertSame([['user' => 'ann'], [], []], array_map(fn ($one) => $one->json('/read'), $browsers));
        self::assertSame([1], $browsers[0]->json('/end?user=ann'));
        self::assertSame([], $browsers[0]->json('/read'));
    }

    public function testWhatJsonCannotHoldIsRefusedByName(): void
    {
        $site = self::site('php -S');
        $browser = $site->browser();
        $thrown = $browser->json('/object');
        self::assertSame('DATA', $thrown['code']);
        self::assertStringContainsString('when is an object of the class DateTimeImmutable', $thrown['text']);
        self::assertSame('DATA', $browser->json('/wakes')['code']);
        self::assertStringNotContainsString('woken', (string) file_get_contents("{$site->folder}/output"));
        $thrown = $browser->json('/set?name=%ff');
        self::assertStringContainsString('name is text that is not UTF-8', $thrown['text']);
        self::assertSame(0, $site->sessions()->count());
    }

    /** @dataProvider sites */
    public function testARequestCostsOneRoundTrip(string $name): void
    {
        $site = self::site($name);
        $server = Server::shared();
        $browser = $site->browser();
        $visit = fn (): array => $server->asked(fn () => $browser->get('/read'));
        // An id that PHP has generated may exist.
        $drawn = $name === 'wrapped' ? ['sessions.get' => 1] : [];
        self::assertSame($drawn, $visit(), 'a visitor without a cookie');
        $browser->cookies = [];
        $made = $server->asked(fn () => $browser->get('/set?a=1'));
        self::assertSame($drawn + ['sessions.save' => 1], $made);
        self::assertSame(['sessions.get' => 1], $visit(), 'nothing is changed');
        $changed = $server->asked(fn () => $browser->get('/set?b=2'));
        self::assertSame(['sessions.get' => 1, 'sessions.set' => 1], $changed);
        $same = $server->asked(fn () => $browser->get('/set?b=2'));
        self::assertSame(['sessions.get' => 1], $same, 'the same value is not a change');
        $replaced = ['sessions.kill' => 1, 'sessions.peek' => 1, 'sessions.save' => 1];
        $expected = match ($name) {
            'wrapped' => ['sessions.get' => 2] + $replaced,
            'sha256', 'signed' => ['sessions.get' => 1] + $replaced,
            default => ['sessions.get' => 1, 'sessions.rotate' => 1],
        };
        self::assertSame($expected, $server->asked(fn () => $browser->get('/renew?renew=true')));
        $site->sessions()->killAll();
    }
}
