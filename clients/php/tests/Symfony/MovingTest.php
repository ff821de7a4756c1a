<?php

// Sessions of Symfony's own RedisSessionHandler are moved, and no user is logged out.

declare(strict_types=1);

namespace SessionsForRedis\Tests\Symfony;

use PHPUnit\Framework\TestCase;
use SessionsForRedis\Tests\Support\Clients;

final class MovingTest extends TestCase
{
    /**
     * @return array{Browser, Site} a browser that has logged in before, and the site as it is now
     */
    private static function moving(): array
    {
        $app = Clients::newApp();
        $before = new Browser(Site::with(['app' => $app, 'usual' => true]));
        $before->play(['set', 'cart', 3], ['setObject', 'object'], ['flash', 'welcome']);
        $before->play(['logIn', 'u1']);
        $site = Site::with(['app' => $app, 'moving' => true]);
        $now = new Browser($site);
        $now->session = $before->session;
        return [$now, $site];
    }

    public function testAUserStaysLoggedIn(): void
    {
        [$browser, $site] = self::moving();
        $session = $browser->session;
        self::assertSame('u1', $browser->play(['user']));
        self::assertSame([3, ['info' => ['welcome']]], [$browser->play(['get', 'cart']), $browser->play(['flashes'])]);
        self::assertSame($session, $browser->session);
        self::assertSame(1, $site->commands()->countSoid('u1'));
        self::assertNull($browser->play(['get', 'object']));
    }

    public function testALogOutEndsTheSessionInBothStores(): void
    {
        [$browser] = self::moving();
        $session = $browser->session;
        $browser->play(['logOut']);
        $browser->session = $session;
        self::assertNull($browser->play(['user']));
    }

    public function testTwoRequestsAtOnceMoveASessionOnce(): void
    {
        [$browser, $site] = self::moving();
        $slow = $browser->hold(['user'], ['user']);
        $browser->play(['set', 'fast', 1]);
        self::assertSame('u1', $slow());
        self::assertSame([1, 1], [$browser->play(['get', 'fast']), $site->commands()->count()]);
    }
}
