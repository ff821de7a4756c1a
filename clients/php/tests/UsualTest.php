<?php

// What phpredis' own session handler gets wrong, and this one does not.

declare(strict_types=1);

namespace SessionsForRedis\Tests;

use PHPUnit\Framework\TestCase;
use SessionsForRedis\Tests\Support\Server;
use SessionsForRedis\Tests\Support\Site;

final class UsualTest extends TestCase
{
    private static function usual(): Site
    {
        return Site::serve([], ['client' => 'usual']);
    }

    private static function parallel(Site $site): array
    {
        $browser = $site->browser();
        $browser->get('/set?user=1');
        [$one, $two] = [$site->hold($browser, '/slow?a=1'), $site->hold($browser, '/slow?b=2')];
        $one();
        $two();
        return $browser->json('/read');
    }

    public function testTwoRequestsAtOnceThatChangeDifferentKeysLoseNothing(): void
    {
        self::assertSame(['user' => 1, 'b' => 2], self::parallel(self::usual()), 'phpredis loses a');
        self::assertSame(['user' => 1, 'a' => 1, 'b' => 2], self::parallel(Site::serve()));
    }

    private static function logOut(Site $site): array
    {
        $browser = $site->browser();
        $browser->get('/set?user=1');
        $session = $browser->session();
        $slow = $site->hold($browser, '/slow?seen=1');
        $browser->get('/logout');
        $slow();
        $browser->cookies['PHPSESSID'] = $session;
        return $browser->json('/read');
    }

    public function testASessionThatWasEndedDuringASlowRequestStaysDead(): void
    {
        self::assertSame(['user' => 1, 'seen' => 1], self::logOut(self::usual()), 'phpredis revives it');
        self::assertSame([], self::logOut(Site::serve()));
    }

    public function testARequestAsksTheServerOnceNotTwice(): void
    {
        $expected = [[self::usual(), ['expire' => 5, 'get' => 5]], [Site::serve(), ['sessions.get' => 5]]];
        foreach ($expected as [$site, $commands]) {
            $browser = $site->browser();
            $browser->get('/set?a=1');
            $asked = Server::shared()->asked(static function () use ($browser): void {
                foreach (range(1, 5) as $n) {
                    $browser->get('/close');
                }
            });
            self::assertSame($commands, $asked);
        }
        $visit = fn (Site $site): array => Server::shared()->asked(fn () => $site->browser()->get('/read'));
        self::assertSame(['get' => 1, 'setex' => 1], $visit($expected[0][0]), 'a visitor without data');
        self::assertSame([], $visit($expected[1][0]));
    }

    public function testAUsersSessionsAreListedAndEndedWithoutALookAtAllKeys(): void
    {
        $usual = self::usual();
        $usual->browser()->get('/login?user=ann');
        // Its keys have the session's id, and their values PHP's text: who is logged in is known to
        // no index.
        $keys = Server::shared()->ask('KEYS', "{$usual->app}:*");
        self::assertStringNotContainsString('ann', $keys);
        $site = Site::serve();
        $browsers = [$site->browser(), $site->browser()];
        $asked = Server::shared()->asked(static function () use ($browsers): void {
            foreach ($browsers as $browser) {
                $browser->get('/login?user=ann');
            }
            self::assertCount(2, $browsers[0]->json('/devices?user=ann'));
            self::assertSame([1], $browsers[0]->json('/others'));
        });
        self::assertArrayNotHasKey('scan', $asked);
        self::assertSame([['user' => 'ann'], []], [$browsers[0]->json('/read'), $browsers[1]->json('/read')]);
    }
}
