<?php

// What PHP's settings must be for the Symfony handler.

declare(strict_types=1);

namespace SessionsForRedis\Tests\Symfony;

use PHPUnit\Framework\TestCase;
use SessionsForRedis\Exceptions\SessionsException;
use SessionsForRedis\Symfony\SessionHandler;
use SessionsForRedis\Tests\Support\Clients;
use SessionsForRedis\Tests\Support\Packages;
use SessionsForRedis\Tests\Support\Server;

/**
 * @runTestsInSeparateProcesses
 * @preserveGlobalState disabled
 */
final class SettingsTest extends TestCase
{
    private static function handler(): SessionHandler
    {
        Packages::load(Packages::SYMFONY);
        return new SessionHandler(static fn () => null, 'app');
    }

    public function testTheHandlerSetsHowPhpSerializes(): void
    {
        ini_set('session.use_strict_mode', '1');
        self::assertTrue(self::handler()->open('', 'sid'));
        self::assertSame('php_serialize', ini_get('session.serialize_handler'));
    }

    /** @dataProvider settings */
    public function testTheHandlerDoesNotWorkWithout(string $name, string $value): void
    {
        $handler = self::handler();
        ini_set('session.use_strict_mode', '1');
        ini_set($name, $value);
        $this->expectException(\LogicException::class);
        $this->expectExceptionMessage("requires $name to be ");
        $handler->open('', 'sid');
    }

    /** @return array<string, array{string, string}> */
    public static function settings(): array
    {
        return [
            'strict mode' => ['session.use_strict_mode', '0'],
            'php_serialize' => ['session.serialize_handler', 'php'],
        ];
    }

    public function testANewIdThatFailsLeavesNothingForTheNextVisitorOfAWorker(): void
    {
        Packages::load(Packages::SYMFONY);
        $client = new class (Server::shared()->socket()) extends \Redis {
            public bool $isAway = false;

            public function __construct(string $socket)
            {
                parent::__construct();
                $this->connect($socket);
            }

            public function rawCommand($command, ...$arguments): mixed
            {
                return $this->isAway
                    ? throw new \RedisException('gone')
                    : parent::rawCommand($command, ...$arguments);
            }
        };
        $options = ['use_strict_mode' => '1', 'use_cookies' => '0', 'cache_limiter' => ''];
        $handler = new SessionHandler($client, Clients::newApp());
        session_set_save_handler($handler, false);
        session_start($options);
        $_SESSION['_sf2_attributes'] = ['cart' => 3];
        session_write_close();
        $id = session_id();
        session_start($options);
        $client->isAway = true;
        try {
            session_regenerate_id(true);
            self::fail('nothing was thrown');
        } catch (SessionsException $exception) {
            self::assertSame('gone', $exception->getMessage());
        }
        $client->isAway = false;
        session_id('');
        session_start($options);
        $_SESSION['_sf2_attributes'] = ['lang' => 'en'];
        session_write_close();
        session_start($options);
        self::assertSame(['lang' => 'en'], $_SESSION['_sf2_attributes']);
        session_write_close();
        session_id($id);
        session_start($options);
        self::assertSame(['cart' => 3], $_SESSION['_sf2_attributes']);
    }

    private static function onServer(mixed ...$options): SessionHandler
    {
        Packages::load(Packages::SYMFONY);
        ini_set('session.use_strict_mode', '1');
        $client = Clients::connect('phpredis', Server::shared());
        $handler = new SessionHandler($client, Clients::newApp(), ...$options);
        $handler->open('', 'sid');
        return $handler;
    }

    private static function text(array $attributes): string
    {
        return serialize(['_sf2_attributes' => $attributes]);
    }

    public function testASessionThatWasStoredEmptyStaysWhenItIsWritten(): void
    {
        $handler = self::onServer();
        $sessions = $handler->sessions();
        $sessions->save(hash('sha256', 'a'), []);
        self::assertSame('a:0:{}', $handler->read('a'));
        $handler->write('a', 'a:0:{}');
        self::assertTrue($sessions->exists(hash('sha256', 'a')));
        $sessions->save(hash('sha256', 'b'), ['x' => 1]);
        $handler->read('b');
        $handler->write('b', 'a:0:{}');
        self::assertFalse($sessions->exists(hash('sha256', 'b')));
    }

    public function testAUserOfOneRequestIsNotThatOfTheNext(): void
    {
        $handler = self::onServer();
        $handler->read('a');
        $handler->belongsTo('_security_main', 'u1');
        $handler->write('a', self::text(['_security_main' => 'x']));
        $handler->close();
        $handler->read('b');
        $handler->write('b', self::text(['_security_main' => 'x']));
        self::assertSame(1, $handler->sessions()->countSoid('u1'));
    }

    public function testAFunctionFindsTheUserByTheAttributes(): void
    {
        $handler = self::onServer(id: static fn (array $data): ?string => $data['member'] ?? null);
        $handler->read('a');
        $handler->write('a', self::text(['member' => 'm5']));
        $handler->close();
        $handler->read('a');
        $handler->belongsTo('_security_main', null);
        $text = self::text(['member' => 'm5', 'a' => 1]);
        $asked = Server::shared()->asked(static fn () => $handler->write('a', $text));
        self::assertSame(['sessions.set' => 1], $asked);
        self::assertCount(1, $handler->sessionsOf('m5'));
        $handler->close();
        $handler->read('a');
        $handler->write('a', self::text(['a' => 1]));
        self::assertSame([], $handler->sessionsOf('m5'));
    }

    public function testASessionOfTheTimeBeforeTheListenerIsNoLogInThatKeepsItsId(): void
    {
        $log = (string) tempnam(sys_get_temp_dir(), 'sessions');
        ini_set('error_log', $log);
        $handler = self::onServer();
        foreach (['a' => ['_security_main' => 'x'], 'b' => ['y' => 1]] as $id => $data) {
            $handler->sessions()->save(hash('sha256', $id), $data);
            $handler->read($id);
            $handler->belongsTo('_security_main', 'u1');
            $handler->write($id, self::text(['_security_main' => 'x', 'z' => 1]));
            $handler->close();
            self::assertSame($id === 'b', str_contains((string) file_get_contents($log), 'kept its session id'), $id);
        }
        unlink($log);
        self::assertSame(2, $handler->sessions()->countSoid('u1'));
    }
}
