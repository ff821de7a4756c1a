<?php

// What Symfony's own RedisSessionHandler does where ours does not: the same steps as in SessionTest
// and UsersTest, shown to fail there.

declare(strict_types=1);

namespace SessionsForRedis\Tests\Symfony;

use PHPUnit\Framework\TestCase;
use SessionsForRedis\Tests\Support\Clients;
use SessionsForRedis\Tests\Support\Server;

final class UsualHandlerTest extends TestCase
{
    private static function browser(): Browser
    {
        return new Browser(Site::with(['usual' => true]));
    }

    public function testTwoRequestsAtOnceLoseWhatTheFirstStored(): void
    {
        $browser = self::browser();
        $browser->play(['set', 'start', 1]);
        $slow = $browser->hold(['get', 'start'], ['set', 'slow', 1]);
        $browser->play(['set', 'fast', 1]);
        $slow();
        self::assertEquals(['start' => 1, 'slow' => 1], $browser->play(['all']));
    }

    public function testASlowRequestBringsASessionBackThatHasEnded(): void
    {
        $browser = self::browser();
        $browser->play(['logIn', 'u1']);
        $session = $browser->session;
        $slow = $browser->hold(['user'], ['set', 'slow', 1]);
        $browser->play(['logOut']);
        $slow();
        $browser->session = $session;
        self::assertSame('u1', $browser->play(['user']), 'logged in again');
    }

    public function testAUsersDevicesAreNotKnown(): void
    {
        self::browser()->play(['logIn', 'admin']);
        $app = Site::with(['usual' => true])->app;
        $keys = Clients::connect('phpredis', Server::shared())->keys("$app*");
        self::assertNotSame([], $keys);
        self::assertSame([], preg_grep('/admin/', $keys), 'one value for each session, and no list of them by user');
    }

    public function testTheServersDataHoldTheSessionIds(): void
    {
        $browser = self::browser();
        $browser->play(['set', 'a', 1]);
        $redis = Clients::connect('phpredis', Server::shared());
        self::assertSame(1, $redis->exists(Site::with(['usual' => true])->app . $browser->session));
    }
}
