<?php

// The handler's options, and PHP's own settings.

declare(strict_types=1);

namespace SessionsForRedis\Tests;

use PHPUnit\Framework\TestCase;
use SessionsForRedis\Tests\Support\Child;
use SessionsForRedis\Tests\Support\Clients;
use SessionsForRedis\Tests\Support\Server;
use SessionsForRedis\Tests\Support\Site;
use SessionsForRedis\Tests\Support\Wait;

final class OptionsTest extends TestCase
{
    /** The stored session of a browser whose cookie is the token. */
    private static function stored(Site $site, string $token): array
    {
        return $site->sessions()->peek($token);
    }

    public function testASessionLivesForTheOptionTtlOrForGcMaxlifetime(): void
    {
        $sites = [
            60 => Site::serve(['ttl' => 60]),
            1440 => Site::serve(),
            77 => Site::serve([], ['start' => ['gc_maxlifetime' => '77']]),
        ];
        foreach ($sites as $ttl => $site) {
            $browser = $site->browser();
            $browser->get('/set?a=1');
            self::assertSame($ttl, self::stored($site, $browser->session())['ttl']);
            // Another program has given it another one.
            $site->sessions()->touch($browser->session(), ['ttl' => 5]);
            $browser->get('/close');
            self::assertSame($ttl, self::stored($site, $browser->session())['ttl']);
        }
    }

    public function testALifetimeCountsFromTheStartAndFromTheLogIn(): void
    {
        $site = Site::serve(['lifetime' => 600]);
        $browser = $site->browser();
        $browser->get('/set?a=1');
        $first = self::stored($site, $browser->session());
        self::assertSame($first['created'] + 600, $first['until']);
        $site->sessions()->set($browser->session(), ['b' => 1], ['lifetime' => 100]);
        $browser->get('/renew?renew=true');
        $renewed = self::stored($site, $browser->session());
        self::assertLessThan($first['until'], $renewed['until'], 'a new id is not a log-in');
        $browser->get('/login?user=ann');
        self::assertGreaterThanOrEqual($first['until'], self::stored($site, $browser->session())['until']);
        // Where the session with the new id is another one.
        $site = Site::serve(['lifetime' => 600, 'cookie' => 'sha256']);
        $browser = $site->browser();
        $browser->get('/set?a=1');
        $site->sessions()->set(hash('sha256', $browser->session()), ['b' => 1], ['lifetime' => 100]);
        $browser->get('/renew?renew=true');
        $renewed = self::stored($site, hash('sha256', $browser->session()));
        self::assertLessThan($renewed['created'] + 600, $renewed['until']);
        self::assertSame('test', $renewed['ua']);
    }

    public function testAtMostSoManySessionsOfAUser(): void
    {
        $site = Site::serve(['max' => 2]);
        $browsers = [$site->browser(), $site->browser(), $site->browser()];
        foreach ($browsers as $browser) {
            $browser->get('/set?cart=1');
            $browser->get('/login?user=ann');
        }
        self::assertSame(2, $site->sessions()->countSoid('ann'));
        self::assertSame('ann', $browsers[2]->json('/read')['user']);
        $browsers[2]->get('/renew?renew=true');
        self::assertSame(2, $site->sessions()->countSoid('ann'), 'a new id is not a log-in');
        $strict = Site::serve(['max' => 1, 'reject' => true]);
        $strict->browser()->get('/login?user=ann');
        self::assertSame('LIMIT', $strict->browser()->json('/login?user=ann')['code']);
        self::assertSame(1, $strict->sessions()->countSoid('ann'));
    }

    public function testWithoutMergingTheLaterRequestStoresAll(): void
    {
        $site = Site::serve(['merge' => false]);
        $browser = $site->browser();
        $browser->get('/set?z=0');
        [$one, $two] = [$site->hold($browser, '/slow?a=1'), $site->hold($browser, '/slow?b=2')];
        $one();
        $two();
        self::assertSame(['z' => 0, 'b' => 2], $browser->json('/read'));
    }

    public function testAWriteToAnEndedSessionIsAnExceptionIfTheOptionSaysSo(): void
    {
        $site = Site::serve(['ended' => 'error']);
        $browser = $site->browser();
        $browser->get('/set?a=1');
        $slow = $site->hold($browser, '/slow?b=1');
        $site->sessions()->killAll();
        self::assertStringContainsString('"code":"ENDED"', $slow()['text']);
        self::assertSame(0, $site->sessions()->count());
    }

    public function testWithoutAnIdASessionStaysWhoseItIs(): void
    {
        $site = Site::serve(['id' => null]);
        $browser = $site->browser();
        $browser->get('/login?user=ann');
        self::assertArrayNotHasKey('id', self::stored($site, $browser->session()));
        // Another part of the site has logged the visitor in.
        $token = $site->sessions()->rotate($browser->session(), ['id' => 'ann']);
        $browser->cookies['PHPSESSID'] = $token;
        foreach (['/set?a=1', '/set?a=null', '/renew?renew=true', '/renew?renew=false'] as $path) {
            $browser->get($path);
            self::assertSame('ann', self::stored($site, $browser->session())['id'], $path);
        }
        self::assertSame([0], $browser->json('/others'));
    }

    public function testALogOutByItsDataMakesTheSessionNobodys(): void
    {
        foreach (['token', 'sha256'] as $cookie) {
            $site = Site::serve(['cookie' => $cookie]);
            $browser = $site->browser();
            $browser->get('/login?user=ann');
            $browser->get('/set?cart=1');
            $browser->get('/delete?user');
            self::assertSame(['cart' => 1], $browser->json('/read'));
            self::assertSame([0, 1], [$site->sessions()->countSoid('ann'), $site->sessions()->count()]);
        }
    }

    public function testTheAddressComesFromTheSettingOfTheSite(): void
    {
        $site = Site::serve(['ip' => 'HTTP_X_REAL_IP']);
        $addresses = ['203.0.113.9' => '203.0.113.9', "\xff" => null, str_repeat('a', 300) => str_repeat('a', 64)];
        foreach ($addresses as $sent => $ip) {
            $browser = $site->browser();
            $browser->headers = ['X-Real-IP' => $sent, 'User-Agent' => "a\xff" . str_repeat('b', 600)];
            $browser->get('/login?user=ann');
            $stored = self::stored($site, $browser->session());
            self::assertSame($ip, $stored['ip'] ?? null);
            self::assertStringStartsWith("a\u{FFFD}bbb", $stored['ua']);
        }
    }

    public function testPhpsOwnSettingsChangeNothing(): void
    {
        $settings = [
            'lazy_write' => ['start' => ['lazy_write' => '0']],
            'serialize_precision' => ['ini' => ['serialize_precision' => '5']],
            'gc' => ['start' => ['gc_probability' => '1', 'gc_divisor' => '1']],
            'serialize_handler' => ['ini' => ['session.serialize_handler' => 'php', 'session.use_strict_mode' => '0']],
            'sid' => ['ini' => ['session.sid_length' => '22', 'session.sid_bits_per_character' => '6']],
        ];
        foreach ($settings as $name => $more) {
            $site = Site::serve([], $more);
            $browser = $site->browser();
            $browser->get('/set?a=1');
            $text = '{"a":1,"f":0.30000000000000004,"big":12345678901234567890}';
            Server::shared()->ask('SESSIONS.SAVE', $site->app, $browser->session(), $text, 'XX');
            $asked = Server::shared()->asked(fn () => $browser->get('/read'));
            self::assertSame(['sessions.get' => 1], $asked, $name);
            self::assertSame(1, $browser->json('/read')['a']);
            $browser->get('/set?a=2');
            $stored = Server::shared()->ask('SESSIONS.PEEK', $site->app, $browser->session(), 'JSON');
            self::assertStringContainsString(str_replace('"a":1', '"a":2', $text), $stored, $name);
        }
    }

    public function testASessionMayBeReadAndClosedAtOnce(): void
    {
        $site = Site::serve();
        $other = Site::serve([], ['app' => $site->app, 'start' => ['read_and_close' => true]]);
        $browser = $site->browser();
        $browser->get('/set?a=1');
        $reader = $other->browser();
        $reader->cookies = $browser->cookies;
        self::assertSame(['a' => 1], $reader->json('/read'));
        $reader->get('/set?a=2');
        self::assertSame(['a' => 1], $browser->json('/read'));
    }

    public function testWithoutStrictModeNothingWorks(): void
    {
        foreach ([['use_strict_mode' => '0'], ['serialize_handler' => 'php']] as $start) {
            $site = Site::serve([], ['start' => $start]);
            $response = $site->browser()->get('/set?a=1');
            self::assertSame(500, $response['status']);
            self::assertStringContainsString(key($start) . ' must be', $response['text']);
            self::assertSame(0, $site->sessions()->count());
        }
    }

    /** Runs a program with the package; returns what it prints. */
    private static function printed(string $program, string ...$settings): string
    {
        $folder = Child::newFolder();
        $bootstrap = realpath(__DIR__ . '/bootstrap.php');
        file_put_contents("$folder/program.php", "<?php require '$bootstrap'; $program");
        $words = [PHP_BINARY, '-d', 'display_errors=stderr', '-d', "session.save_path=$folder"];
        foreach ($settings as $setting) {
            array_push($words, '-d', $setting);
        }
        $child = new Child([...$words, "$folder/program.php"], $folder);
        Wait::until('the program ends', static fn (): bool => !$child->isRunning());
        return $child->output();
    }

    public function testAStartedSessionIsNamed(): void
    {
        $program = 'SessionsForRedis\Handler::register(fn () => 1, "webapp");';
        $text = 'session.auto_start must be off';
        self::assertStringContainsString($text, self::printed($program, 'session.auto_start=1'));
        self::assertStringContainsString($text, self::printed("session_start(); $program"));
    }

    /** A program whose handler is over the server of the tests. */
    private static function program(string $program): string
    {
        $register = 'SessionsForRedis\Handler::register(fn () => SessionsForRedis\Tests\Support\Clients::connectTo(' .
            "'phpredis', 'SOCKET'), 'APP')";
        $names = ['SOCKET' => Server::shared()->socket(), 'APP' => Clients::newApp()];
        return strtr("\$handler = $register; \$sessions = \$handler->sessions(); $program", $names);
    }

    public function testDestroyOnlyMarksUntilWhatFollowsTellsItsMeaning(): void
    {
        $program = <<<'PHP'
            $handler->open('', '');
            $id = $handler->create_sid();
            $isValid = $handler->validateId($id);
            $read = $handler->read($id);
            $handler->write($id, serialize(['a' => 1]));
            $handler->destroy($id);
            $isAlive = $sessions->exists($id);
            $new = $handler->create_sid();
            $states = [$isValid, $read, $isAlive, $sessions->exists($id), $sessions->peek($new)['d']];
            array_push($states, $handler->validateId($new), $handler->read($new), $handler->destroy($new));
            $handler->close();
            fwrite(STDERR, json_encode([...$states, $sessions->exists($new)]));
            PHP;
        $expected = [false, '', true, false, ['a' => 1], false, serialize(['a' => 1]), true, false];
        self::assertSame(json_encode($expected), trim(self::printed(self::program($program))));
    }

    public function testAnUncaughtExceptionShowsNeitherTheIdNorTheData(): void
    {
        $program = <<<'PHP'
            session_id($id = $handler->sessions()->create('u1', ['data' => ['name' => 'hidden']]));
            session_start(['use_cookies' => false, 'cache_limiter' => '']);
            $_SESSION['price'] = NAN;
            fwrite(STDERR, "$id\n");
            PHP;
        $printed = self::printed(self::program($program), 'zend.exception_ignore_args=0', 'log_errors=0');
        [$id, $shown] = explode("\n", $printed, 2);
        self::assertStringContainsString('price is NAN', $shown);
        self::assertStringContainsString('Object(SensitiveParameterValue)', $shown);
        self::assertStringNotContainsString($id, $shown);
        self::assertStringNotContainsString('hidden', $shown);
    }

    public function testAWorkerDoesNotEndSessionsForTheVisitorBefore(): void
    {
        $program = <<<'PHP'
            session_start($options = ['use_cookies' => false, 'cache_limiter' => '']);
            $_SESSION['user'] = 'ann';
            session_write_close();
            $ids = [$handler->sid() !== null];
            session_id('');
            $ids[] = $handler->sid();
            $ids[] = $handler->endOthers();
            fwrite(STDERR, json_encode($ids));
            PHP;
        self::assertSame('[true,null,0]', trim(self::printed(self::program($program))));
    }

    public function testAServerThatIsAwayIsAnExceptionOfSessionStart(): void
    {
        $program = <<<'PHP'
            SessionsForRedis\Handler::register(fn () => throw new RedisException('gone'), 'webapp', cookie: COOKIE);
            foreach (['', str_repeat('a', 64), 'x'] as $id) {
                session_id($id);
                try {
                    session_start(['use_cookies' => false, 'cache_limiter' => '']);
                    $_SESSION['a'] = 1;
                    session_write_close();
                } catch (SessionsForRedis\Exceptions\UnavailableException $thrown) {
                    fwrite(STDERR, $thrown->getMessage() . session_status() . ' ');
                }
            }
            PHP;
        foreach (["'token'", "'sha256'"] as $cookie) {
            self::assertSame('gone1 gone1 gone1', trim(self::printed(str_replace('COOKIE', $cookie, $program))));
        }
    }

    /** @dataProvider renewals */
    public function testANewIdThatFailsIsTheServersErrorAndLeavesTheSession(string $deletes, string $change): void
    {
        $program = <<<'PHP'
            $client = new class ('SOCKET') extends Redis {
                public bool $isAway = false;

                public function __construct(string $socket)
                {
                    parent::__construct();
                    $this->connect($socket);
                }

                public function rawCommand($command, ...$arguments): mixed
                {
                    return $this->isAway && $command === 'SESSIONS.ROTATE'
                        ? throw new RedisException('gone')
                        : parent::rawCommand($command, ...$arguments);
                }
            };
            $user = fn (array $session) => $session['user'] ?? null;
            $handler = SessionsForRedis\Handler::register($client, 'APP', id: $user);
            $options = ['use_cookies' => false, 'cache_limiter' => ''];
            session_start($options);
            [$id, $_SESSION['user']] = [session_id(), 'ann'];
            session_write_close();
            session_id($id);
            session_start($options);
            CHANGE;
            $client->isAway = true;
            try {
                session_regenerate_id(DELETES);
                $thrown = null;
            } catch (SessionsForRedis\Exceptions\UnavailableException $exception) {
                $thrown = $exception->getMessage();
            }
            $client->isAway = false;
            $states = [$thrown, $handler->sessions()->peek($id)['d'] ?? null];
            // The next visitor of a worker.
            session_id('');
            session_start($options);
            fwrite(STDERR, json_encode([...$states, $_SESSION, session_id() === $id]));
            PHP;
        $words = ['SOCKET' => Server::shared()->socket(), 'APP' => Clients::newApp()];
        $printed = self::printed(strtr($program, $words + ['DELETES' => $deletes, 'CHANGE' => $change]));
        self::assertSame('["gone",{"user":"ann"},[],false]', trim($printed));
    }

    /** @return array<string, array{string, string}> */
    public function renewals(): array
    {
        return [
            'ends the old' => ['true', 'true'],
            'leaves the old' => ['false', 'true'],
            'of another user' => ['false', '$_SESSION["user"] = "bob"'],
        ];
    }

    public function testAProcessServesManyRequestsOneAfterAnother(): void
    {
        $socket = Server::shared()->socket();
        $app = Clients::newApp();
        // As a worker does it: PHP's session state is the program's to set.
        $program = <<<'PHP'
            $asked = 0;
            $connect = function () use (&$asked) {
                $asked++;
                return SessionsForRedis\Tests\Support\Clients::connectTo('phpredis', 'SOCKET');
            };
            SessionsForRedis\Handler::register($connect, 'APP');
            $request = function (string $id, array $changes): array {
                session_id($id);
                session_start(['use_cookies' => false, 'cache_limiter' => '']);
                foreach ($changes as $name => $value) {
                    $_SESSION[$name] = $value;
                }
                $read = $_SESSION;
                session_write_close();
                return [session_id(), $read];
            };
            [$one] = $request('', ['who' => 'one']);
            [$two] = $request('', ['who' => 'two']);
            [$planted] = $request(str_repeat('a', 64), []);
            $replies = [$request($one, ['a' => 1])[1], $request($two, [])[1], $request($one, [])[1]];
            $request('', []);
            $ids = array_unique([$one, $two, $planted, str_repeat('a', 64)]);
            fwrite(STDERR, json_encode([$asked, count($ids), $replies]));
            PHP;
        $expected = [1, 4, [['who' => 'one', 'a' => 1], ['who' => 'two'], ['who' => 'one', 'a' => 1]]];
        $printed = self::printed(strtr($program, ['SOCKET' => $socket, 'APP' => $app]));
        self::assertSame(json_encode($expected), trim($printed));
    }
}
