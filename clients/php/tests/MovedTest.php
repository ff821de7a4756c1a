<?php

// Sessions of other stores that are moved.

declare(strict_types=1);

namespace SessionsForRedis\Tests;

use PHPUnit\Framework\TestCase;
use SessionsForRedis\Stores\Device;
use SessionsForRedis\Stores\Keeper;
use SessionsForRedis\Stores\Moving;
use SessionsForRedis\Stores\Options;
use SessionsForRedis\Tests\Support\Clients;
use SessionsForRedis\Tests\Support\Server;

final class MovedTest extends TestCase
{
    private static function keeper(mixed ...$options): Keeper
    {
        $id = static fn (array $data): ?string => $data['user'] ?? null;
        $client = Clients::connect('phpredis', Server::shared());
        return new Keeper($client, Clients::newApp(), new Options(...$options, id: $id));
    }

    public function testASessionThatAnotherRequestHasMovedIsRead(): void
    {
        $moving = new Moving(self::keeper());
        $token = hash('sha256', 'a');
        $device = Device::of(null, null);
        self::assertSame(['a' => 1], $moving->move($token, ['a' => 1], $device)?->data);
        self::assertSame(['a' => 1], $moving->move($token, ['a' => 2], $device)?->data);
    }

    public function testALimitOfSessionsEndsNoneThatIsMoved(): void
    {
        $keeper = self::keeper(max: 1);
        foreach (['a', 'b'] as $name) {
            (new Moving($keeper))->move(hash('sha256', $name), ['user' => 'u1'], Device::of(null, null));
        }
        self::assertSame(2, $keeper->sessions->countSoid('u1'));
    }
}
