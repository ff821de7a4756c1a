<?php

// No server, a server that hangs, no module, no permission; and what exceptions and dumps show.

declare(strict_types=1);

namespace SessionsForRedis\Tests;

use PHPUnit\Framework\TestCase;
use SessionsForRedis\Exceptions\NoModuleException;
use SessionsForRedis\Exceptions\PermissionException;
use SessionsForRedis\Exceptions\SessionsException;
use SessionsForRedis\Exceptions\UnavailableException;
use SessionsForRedis\Sessions;
use SessionsForRedis\Tests\Support\Clients;
use SessionsForRedis\Tests\Support\Server;
use SessionsForRedis\Tests\Support\Wait;

final class TroubleTest extends TestCase
{
    /** @return array<string, array{string}> */
    public function clients(): array
    {
        return Clients::names();
    }

    /** @dataProvider clients */
    public function testAServerWithoutTheModuleIsNamedAtTheFirstCommand(string $client): void
    {
        $sessions = new Sessions(Clients::connect($client, Server::start(hasModule: false)), 'webapp');
        foreach ([fn () => $sessions->get('x'), fn () => $sessions->count()] as $use) {
            try {
                $use();
                self::fail('nothing was thrown');
            } catch (NoModuleException $thrown) {
                self::assertSame('NOMODULE', $thrown->getCode());
                self::assertStringContainsString('loadmodule', $thrown->getMessage());
            }
        }
    }

    /** @dataProvider clients */
    public function testCommandsFailWhileTheServerIsAwayAndWorkWhenItIsBack(string $client): void
    {
        $server = Server::start();
        $sessions = new Sessions(fn () => Clients::connect($client, $server), 'webapp');
        $sessions->create('u1');
        $server->stop();
        foreach ([fn () => $sessions->create('u1'), fn () => $sessions->count()] as $use) {
            try {
                $use();
                self::fail('nothing was thrown');
            } catch (UnavailableException $thrown) {
                self::assertSame('UNAVAILABLE', $thrown->getCode());
            }
        }
        $server->restart();
        Wait::until('a reply again', static function () use ($sessions): bool {
            try {
                return $sessions->create('u1') !== '';
            } catch (UnavailableException) {
                return false;
            }
        });
        self::assertSame(1, $sessions->countSoid('u1'));
    }

    /** @dataProvider clients */
    public function testAServerThatHangsIsAFailureAfterTheClientsTimeOut(string $client): void
    {
        $server = Server::start();
        $sessions = new Sessions(Clients::connect($client, $server, 0.1), 'webapp');
        $sessions->count();
        $server->signal(SIGSTOP);
        try {
            $this->expectException(UnavailableException::class);
            $sessions->create('u1');
        } finally {
            $server->signal(SIGCONT);
        }
    }

    /** @dataProvider clients */
    public function testNoExceptionAndNoDumpShowsAToken(string $client): void
    {
        $server = Server::start();
        $redis = Clients::connect($client, $server, 0.1);
        $sessions = new Sessions($redis, 'webapp');
        $token = $sessions->create('u1', ['data' => ['name' => 'hidden']]);
        $other = str_repeat('a', 64);
        $server->ask("SET rs:webapp:$other x");
        $uses = [
            fn () => $sessions->touch($token, ['ttl' => -1]),
            fn () => $sessions->set($token, []),
            fn () => $sessions->save($token, ['name' => 'hidden', 'x' => NAN]),
            fn () => $sessions->rotate($token, ['data' => ['name' => 'hidden'], 'ttl' => -1]),
            fn () => $sessions->killSoid('u1', ['except' => $token, 'only' => 'x']),
            fn () => $sessions->get($other),
            function () use ($sessions, $token, $server): void {
                $server->signal(SIGSTOP);
                try {
                    $sessions->set($token, ['name' => 'hidden']);
                } finally {
                    $server->signal(SIGCONT);
                }
            },
        ];
        foreach ($uses as $n => $use) {
            try {
                $use();
                self::fail('nothing was thrown');
            } catch (SessionsException $thrown) {
                self::assertNull($thrown->getPrevious());
                $shown = $thrown . print_r(self::ownFrames($thrown), true);
                self::assertStringNotContainsString($token, $shown, "use $n");
                self::assertStringNotContainsString('aaaaaaaa', $shown, "use $n");
                self::assertStringNotContainsString('hidden', $shown, "use $n");
            }
        }
        self::assertSame("SessionsForRedis\\Sessions Object\n(\n    [app] => webapp\n)\n", print_r($sessions, true));
    }

    /** The frames of the package, with their arguments. */
    private static function ownFrames(\Exception $thrown): array
    {
        return array_filter($thrown->getTrace(), static fn (array $frame): bool =>
            str_starts_with($frame['class'] ?? '', 'SessionsForRedis\\') &&
            !str_starts_with($frame['class'], 'SessionsForRedis\\Tests\\'));
    }

    public function testAUserWithoutPermissionGetsPermissionException(): void
    {
        $server = Server::start();
        $server->ask('ACL SETUSER shop on >pass ~rs:shop:* +@all');
        $redis = Clients::connect('phpredis', $server);
        $redis->auth(['shop', 'pass']);
        $predis = new \Predis\Client("unix:{$server->socket()}");
        $predis->executeRaw(['AUTH', 'shop', 'pass']);
        foreach ([$redis, $predis] as $client) {
            (new Sessions($client, 'shop'))->create('u1');
            try {
                (new Sessions($client, 'other'))->create('u1');
                self::fail('nothing was thrown');
            } catch (PermissionException $thrown) {
                self::assertSame('NOPERM', $thrown->getCode());
            }
        }
    }
}
