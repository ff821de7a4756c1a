<?php

// Sessions of other stores that are moved.

declare(strict_types=1);

namespace SessionsForRedis\Tests;

use PHPUnit\Framework\TestCase;
use SessionsForRedis\Stores\Device;
use SessionsForRedis\Stores\Former;
use SessionsForRedis\Stores\Keeper;
use SessionsForRedis\Stores\Moving;
use SessionsForRedis\Stores\Options;
use SessionsForRedis\Tests\Support\Clients;
use SessionsForRedis\Tests\Support\HookedRedis;
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
        $takes = 0;
        $take = static function () use (&$takes): bool {
            return ++$takes === 1;
        };
        self::assertSame(['a' => 1], $moving->move($token, ['a' => 1], $device, $take)?->data);
        self::assertSame(['a' => 1], $moving->move($token, ['a' => 2], $device, $take)?->data);
        self::assertSame(1, $takes, 'the request that has stored it removes it from the other store');
    }

    public function testASessionThatWasMovedAndHasEndedMeanwhileDoesNotComeBack(): void
    {
        $keeper = self::keeper();
        $token = hash('sha256', 'a');
        $gone = static fn (): bool => false;
        self::assertNull((new Moving($keeper))->move($token, ['user' => 'u1'], Device::of(null, null), $gone));
        self::assertSame(0, $keeper->sessions()->count());
    }

    public function testASessionOfPhpredisThatIsMovedTooLateStaysEnded(): void
    {
        $client = new HookedRedis();
        $client->connect(Server::shared()->socket());
        $keeper = new Keeper($client, Clients::newApp(), new Options());
        $id = bin2hex(random_bytes(16));
        $client->set("former:$id", 'a|i:1;');
        $client->before['SESSIONS.SAVE'] = static fn () => $client->del("former:$id");
        $former = new Former($keeper, 'former:');
        self::assertNull($former->move($id, hash('sha256', $id), Device::of(null, null)));
        self::assertSame(0, $keeper->sessions()->count());
    }

    public function testALimitOfSessionsEndsNoneThatIsMoved(): void
    {
        $keeper = self::keeper(max: 1);
        foreach (['a', 'b'] as $name) {
            $take = static fn (): bool => true;
            (new Moving($keeper))->move(hash('sha256', $name), ['user' => 'u1'], Device::of(null, null), $take);
        }
        self::assertSame(2, $keeper->sessions()->countSoid('u1'));
    }
}
