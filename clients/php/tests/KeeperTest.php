<?php

// What is stored of a session, and when.

declare(strict_types=1);

namespace SessionsForRedis\Tests;

use PHPUnit\Framework\TestCase;
use SessionsForRedis\Exceptions\LimitException;
use SessionsForRedis\Stores\CookieForm;
use SessionsForRedis\Stores\Device;
use SessionsForRedis\Stores\Keeper;
use SessionsForRedis\Stores\Options;
use SessionsForRedis\Stores\Renewal;
use SessionsForRedis\Tests\Support\Clients;
use SessionsForRedis\Tests\Support\HookedRedis;
use SessionsForRedis\Tests\Support\Server;

final class KeeperTest extends TestCase
{
    private static function keeper(mixed ...$options): Keeper
    {
        $client = Clients::connect('phpredis', Server::shared());
        return new Keeper($client, Clients::newApp(), new Options(...$options));
    }

    private static function byUser(): \Closure
    {
        return static fn (array $data): string|int|null => $data['user'] ?? null;
    }

    private static function device(): Device
    {
        return Device::of('203.0.113.7', 'test');
    }

    private static function token(): string
    {
        return hash('sha256', random_bytes(8));
    }

    /** A token of a stored session with these data. */
    private static function stored(Keeper $keeper, array $data, array $options = []): string
    {
        $token = self::token();
        $keeper->sessions()->save($token, $data, ['nx' => true, 'ttl' => 86_400] + $options);
        return $token;
    }

    public function testANewSessionIsCreatedWithWhereItComesFrom(): void
    {
        $keeper = self::keeper(ttl: 60, lifetime: 600, id: self::byUser());
        $fresh = $keeper->fresh(self::token());
        self::assertTrue($keeper->write($fresh, ['user' => 7, 'a' => 1], self::device()));
        $session = $keeper->sessions()->peek($fresh->token);
        self::assertSame(['7', 60, '203.0.113.7', 'test'], [
            $session['id'], $session['ttl'], $session['ip'], $session['ua'],
        ]);
        self::assertSame($session['created'] + 600, $session['until']);
        $again = $keeper->fresh($fresh->token);
        $this->expectExceptionCode('EXISTS');
        $keeper->write($again, ['a' => 1], self::device());
    }

    public function testOnlyWhatHasChangedIsSent(): void
    {
        $keeper = self::keeper();
        $token = self::stored($keeper, ['a' => 1, 'b' => 2, 'c' => 3]);
        [$one, $two] = [$keeper->load($token), $keeper->load($token)];
        $asked = Server::shared()->asked(function () use ($keeper, $one, $two): void {
            self::assertTrue($keeper->write($one, ['a' => 9, 'b' => 2, 'c' => 3], self::device()));
            self::assertTrue($keeper->write($two, ['a' => 1, 'b' => 2, 'd' => 4], self::device()));
            self::assertTrue($keeper->write($two, ['a' => 1, 'b' => 2, 'd' => 4], self::device()));
        });
        self::assertSame(['sessions.set' => 2], $asked);
        self::assertSame(['a' => 9, 'b' => 2, 'd' => 4], $keeper->load($token)->data);
    }

    public function testAnUntouchedValueIsNoChangeAndKeepsItsText(): void
    {
        $keeper = self::keeper();
        $token = self::stored($keeper, ['a' => 1]);
        $text = '{"big":12345678901234567890,"one":1.0,"map":{},"in":{"map":{},"big":9876543210987654321,"n":1},"a":1}';
        [$server, $app] = [Server::shared(), $keeper->sessions()->app];
        $stored = static fn (): string => strstr($server->ask('SESSIONS.PEEK', $app, $token, 'JSON'), '"d"');
        $server->ask('SESSIONS.SAVE', $app, $token, $text, 'XX');
        $loaded = $keeper->load($token);
        $keeper->write($loaded, ['a' => 2] + $loaded->data, self::device());
        self::assertSame('"d":' . str_replace('"a":1', '"a":2', $text) . '}', $stored());
        // A part of a value, and all data.
        $loaded = $keeper->load($token);
        $data = $loaded->data;
        $data['in']['n'] = 2;
        $keeper->write($loaded, $data, self::device());
        $keeper->write($loaded, ['a' => null] + $data, self::device());
        $text = str_replace(['"n":1', '"a":1'], ['"n":2', '"a":null'], $text);
        self::assertSame("\"d\":$text}", $stored());
    }

    public function testDeletedKeysGoNullStaysNullAndTheLastKeyMayGo(): void
    {
        $keeper = self::keeper();
        $token = self::stored($keeper, ['a' => 1, 'b' => 2, 'c' => 3]);
        $loaded = $keeper->load($token);
        $keeper->write($loaded, ['b' => 2, 'c' => 3], self::device());
        self::assertSame(['b' => 2, 'c' => 3], $keeper->load($token)->data);
        // Another request writes between the read and the write: all data is merged again.
        $keeper->sessions()->set($token, ['d' => 4]);
        $keeper->write($loaded, ['b' => null, 'c' => 3], self::device());
        $now = $keeper->load($token);
        self::assertSame(['b' => null, 'c' => 3, 'd' => 4], $now->data);
        $keeper->write($now, [], self::device());
        self::assertSame([], $keeper->load($token)->data);
    }

    public function testASessionThatHasEndedStaysEnded(): void
    {
        $sids = [];
        $keeper = self::keeper(ended: function (string $sid) use (&$sids): void {
            $sids[] = $sid;
        });
        foreach ([['a' => 2], ['a' => null], []] as $data) {
            $token = self::stored($keeper, ['a' => 1]);
            $loaded = $keeper->load($token);
            $keeper->end($token);
            self::assertFalse($keeper->write($loaded, $data, self::device()));
            self::assertFalse($keeper->sessions()->exists($token));
            self::assertSame(substr(hash('sha256', $token), 0, 16), array_pop($sids));
        }
        $whole = self::keeper(merge: false);
        $loaded = $whole->load(self::stored($whole, ['a' => 1]));
        $whole->end($loaded->token);
        self::assertFalse($whole->write($loaded, ['a' => 2], self::device()));
        $strict = self::keeper(ended: 'error');
        $loaded = $strict->load(self::stored($strict, ['a' => 1]));
        $strict->sessions()->killAll();
        $this->expectExceptionCode('ENDED');
        $strict->write($loaded, ['a' => 2], self::device());
    }

    public function testALogInGivesTheSessionToTheUserAndALogOutTakesItBack(): void
    {
        $keeper = self::keeper(id: self::byUser(), max: 2, lifetime: 600);
        $log = ini_set('error_log', $file = (string) tempnam(sys_get_temp_dir(), 'log'));
        $tokens = [];
        foreach (range(1, 3) as $n) {
            $loaded = $keeper->load($tokens[] = self::stored($keeper, ['cart' => $n]));
            self::assertTrue($keeper->write($loaded, ['cart' => $n, 'user' => 'ann'], self::device()));
        }
        ini_set('error_log', (string) $log);
        self::assertSame(1, substr_count((string) file_get_contents($file), 'kept its session id'), 'warned of once');
        unlink($file);
        self::assertCount(2, $keeper->sessionsOf('ann'));
        $session = $keeper->sessions()->peek($tokens[2]);
        self::assertSame(['203.0.113.7', 'test'], [$session['ip'], $session['ua']]);
        self::assertArrayHasKey('until', $session);
        $loaded = $keeper->load($tokens[2]);
        self::assertTrue($keeper->write($loaded, ['cart' => 3], self::device()));
        self::assertArrayNotHasKey('id', $keeper->sessions()->peek($tokens[2]));
        self::assertSame(1, $keeper->endAll('ann'));
    }

    public function testARequestThatBeganBeforeTheLogInChangesNothingAfterIt(): void
    {
        $keeper = self::keeper();
        $token = self::stored($keeper, ['cart' => 1]);
        $slow = $keeper->load($token);
        $keeper->sessions()->save($token, ['cart' => 1], ['xx' => true, 'id' => 'ann']);
        self::assertFalse($keeper->write($slow, ['cart' => 2], self::device()));
        self::assertFalse($keeper->write($slow, ['cart' => null], self::device()));
        self::assertSame(['cart' => 1], $keeper->load($token)->data);
    }

    public function testAUserWhomAnotherProgramHasSetStays(): void
    {
        $keeper = self::keeper(id: self::byUser());
        $token = self::stored($keeper, ['a' => 1, '_auth_user_id' => '7'], ['id' => '7']);
        $keeper->write($keeper->load($token), ['a' => null, '_auth_user_id' => '7'], self::device());
        self::assertSame('7', $keeper->sessions()->peek($token)['id']);
    }

    public function testRejectRefusesTheLogIn(): void
    {
        $keeper = self::keeper(id: self::byUser(), max: 1, reject: true);
        $keeper->write($keeper->fresh(self::token()), ['user' => 'ann'], self::device());
        $this->expectException(LimitException::class);
        $keeper->write($keeper->fresh(self::token()), ['user' => 'ann'], self::device());
    }

    public function testTheTimeOutIsStoredWhenItDiffers(): void
    {
        $keeper = self::keeper(ttl: static fn (array $data): int => $data['ttl'] ?? 100);
        $token = self::stored($keeper, ['a' => 1]);
        $loaded = $keeper->load($token);
        $asked = Server::shared()->asked(function () use ($keeper, $loaded): void {
            $keeper->refresh($loaded, ['a' => 1]);
            $keeper->refresh($loaded, ['a' => 1]);
        });
        self::assertSame(['sessions.touch' => 1], $asked);
        self::assertSame(100, $keeper->sessions()->peek($token)['ttl']);
        $keeper->write($loaded, ['a' => 1, 'ttl' => 50], self::device());
        self::assertSame(50, $keeper->sessions()->peek($token)['ttl']);
        $keeper->write($loaded, ['a' => 1, 'ttl' => 0], self::device());
        self::assertFalse($keeper->sessions()->exists($token));
    }

    public function testASessionWhoseEndNoUseExtendsKeepsIt(): void
    {
        $keeper = self::keeper(ttl: 600);
        $token = self::stored($keeper, ['a' => 1]);
        $keeper->sessions()->save($token, ['a' => 1], ['xx' => true, 'noResave' => true, 'ttl' => 100]);
        foreach ([['a' => 1], ['a' => 2], ['a' => null]] as $data) {
            $keeper->write($keeper->load($token), $data, self::device());
        }
        $session = $keeper->sessions()->peek($token);
        self::assertLessThanOrEqual(100, $session['ttl']);
        self::assertTrue($session['no_resave']);
    }

    public function testWithoutMergingAllDataOfTheRequestIsStored(): void
    {
        $keeper = self::keeper(merge: false);
        $token = self::stored($keeper, ['user' => 1]);
        [$one, $two] = [$keeper->load($token), $keeper->load($token)];
        $keeper->write($one, ['user' => 1, 'a' => 1], self::device());
        $keeper->write($two, ['user' => 1, 'b' => 2], self::device());
        self::assertSame(['user' => 1, 'b' => 2], $keeper->load($token)->data);
    }

    public function testASessionThatEndsWhileItGetsANewIdDoesNotComeBack(): void
    {
        $client = new HookedRedis();
        $client->connect(Server::shared()->socket());
        $keeper = new Keeper($client, Clients::newApp(), new Options());
        foreach ([null, 10] as $grace) {
            $token = self::stored($keeper, ['user' => 'ann']);
            $old = $keeper->load($token);
            $new = $keeper->fresh(self::token());
            $client->before['SESSIONS.SAVE'] = static function () use ($keeper, $token): void {
                Server::shared()->ask("SESSIONS.KILL {$keeper->sessions()->app} $token");
            };
            $renewal = new Renewal($keeper, $old, $grace);
            self::assertTrue($renewal->replace($new, ['user' => 'ann', 'a' => 1], self::device()));
            self::assertSame(['a' => 1], $keeper->load($new->token)->data);
            self::assertSame(1, $keeper->sessions()->killAll());
        }
    }

    public function testOptionsAreCheckedAtOnce(): void
    {
        $wrong = [['ttl' => 0], ['lifetime' => -1], ['max' => 0], ['reject' => true], ['ended' => 'oops']];
        array_push($wrong, ['lifetime' => 315_360_001], ['max' => 101], ['max' => 2]);
        foreach ($wrong as $options) {
            try {
                new Options(...$options);
                self::fail(json_encode($options));
            } catch (\InvalidArgumentException $thrown) {
                self::assertStringContainsString((string) array_key_first($options), $thrown->getMessage());
            }
        }
    }

    public function testOddTextOfAClientIsCutAndNotRefused(): void
    {
        $keeper = self::keeper();
        $long = [str_repeat('ä', 999), str_repeat("\u{1F600}", 999)];
        foreach ([["\xff", "\xff\n"], ["1.2.3.4\r\n\u{85}x", 'a'], $long] as $odd) {
            $token = self::token();
            self::assertTrue($keeper->write($keeper->fresh($token), ['a' => 1], Device::of(...$odd)));
            self::assertLessThanOrEqual(512, strlen($keeper->sessions()->peek($token)['ua']));
        }
        foreach ([[null, null], ['', ''], [[], 5]] as $nothing) {
            $device = Device::of(...$nothing);
            self::assertSame([null, null], [$device->ip, $device->ua]);
        }
    }

    public function testACookieIsReadAndWrittenInEachForm(): void
    {
        $token = CookieForm::of('token');
        self::assertMatchesRegularExpression('/^[A-Za-z0-9]{64}$/', $token->draw());
        self::assertSame(str_repeat('a', 64), $token->token(str_repeat('a', 64)));
        self::assertSame(hash('sha256', 'abc'), $token->token('abc'));
        $hashed = CookieForm::of('sha256');
        $value = $hashed->draw();
        self::assertMatchesRegularExpression('/^[\w-]{43}$/', $value);
        self::assertSame(hash('sha256', $value), $hashed->token($value));
        // As express-session signs it with the secret "cats".
        $signed = CookieForm::of('signed', ['new', 'cats']);
        $signature = rtrim(base64_encode(hash_hmac('sha256', 'hello', 'cats', true)), '=');
        foreach (["s:hello.$signature", "hello.$signature"] as $cookie) {
            self::assertSame(hash('sha256', 'hello'), $signed->token($cookie));
        }
        foreach (['hello', "s:hello.", "s:hellO.$signature", "s:$signature", '', 's:'] as $forged) {
            self::assertNull($signed->token($forged), $forged);
        }
        [$value] = explode('.', substr($signed->draw(), 2));
        self::assertSame(43, strlen($value));
        self::assertStringNotContainsString('cats', print_r($signed, true));
    }

    public function testTheCookieFormAndItsSecretGoTogether(): void
    {
        $wrong = [['signed'], ['signed', []], ['signed', ''], ['signed', ['a', '']], ['signed', [null]]];
        foreach ([...$wrong, ['signed', [1]], ['token', 'a'], ['sha256', ['a']]] as $n => $arguments) {
            try {
                CookieForm::of(...$arguments);
                self::fail("case $n");
            } catch (\InvalidArgumentException $thrown) {
                self::assertStringContainsString('secret', $thrown->getMessage());
            }
        }
    }
}
