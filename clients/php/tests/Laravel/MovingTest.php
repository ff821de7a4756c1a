<?php

// Sessions of Laravel's own drivers are moved, and no user is logged out.

declare(strict_types=1);

namespace SessionsForRedis\Tests\Laravel;

use Illuminate\Http\Request;
use SessionsForRedis\Laravel\Serialization;
use SessionsForRedis\Laravel\SessionHandler;
use SessionsForRedis\Laravel\Settings;
use SessionsForRedis\Stores\Keeper;
use SessionsForRedis\Stores\Options;
use SessionsForRedis\Tests\Support\Clients;
use SessionsForRedis\Tests\Support\HookedRedis;

final class MovingTest extends Laravel
{
    /**
     * A browser that is logged in at a site with the driver `redis`.
     *
     * @param array<string, mixed> $settings
     */
    private static function loggedIn(array $settings = []): Site
    {
        $site = new Site(['session.driver' => 'redis'] + $settings);
        $site->request(static function (Request $request, Application $application): void {
            $application->make('auth')->attempt(['id' => 7, 'password' => 'secret']);
            $request->session()->put(['cart' => 3, 'object' => new \ArrayObject()]);
        });
        return $site;
    }

    private static function cartOf(Site $site): array
    {
        return $site->request(static fn (Request $request, Application $application): array => [
            $application->make('auth')->id(), $request->session()->get('cart'),
        ]);
    }

    /** @dataProvider encryption */
    public function testAUserStaysLoggedIn(bool $isEncrypted): void
    {
        $before = self::loggedIn(['session.encrypt' => $isEncrypted]);
        $id = $before->id();
        $log = ini_set('error_log', '/dev/null');
        $site = $before->with(['session.driver' => 'sessions', 'session.encrypt' => false, 'sessions.from' => 'redis']);
        self::assertSame([7, 3], self::cartOf($site));
        ini_set('error_log', (string) $log);
        self::assertSame($id, $site->id());
        self::assertCount(1, $site->userSessions()->sessionsOf(7));
        self::assertSame([], Clients::connect('phpredis', $site->server)->keys("laravel_{$site->app}*"));
        self::assertSame([7, 3], self::cartOf($site->with(['sessions.from' => null])));
    }

    /** @return array<string, array{bool}> */
    public static function encryption(): array
    {
        return ['plain' => [false], 'encrypted' => [true]];
    }

    public function testALogOutEndsTheSessionInBothStores(): void
    {
        $site = self::loggedIn()->with(['session.driver' => 'sessions', 'sessions.from' => 'redis']);
        $log = ini_set('error_log', '/dev/null');
        $cookies = $site->cookies;
        $site->request(static fn (Request $request) => $request->session()->invalidate());
        ini_set('error_log', (string) $log);
        $site->cookies = $cookies;
        self::assertSame([null, null], self::cartOf($site));
    }

    public function testASessionThatIsEndedUnreadIsNotMovedLater(): void
    {
        $site = self::loggedIn()->with(['session.driver' => 'sessions', 'sessions.from' => 'redis']);
        $id = (string) $site->with(['session.driver' => 'array'])->id();
        $site->application()->make('session')->driver()->getHandler()->destroy($id);
        self::assertSame([null, null], self::cartOf($site));
    }

    public function testASessionThatIsMovedTooLateStaysEnded(): void
    {
        $site = self::loggedIn()->with(['session.driver' => 'sessions', 'sessions.from' => 'redis']);
        $id = (string) $site->with(['session.driver' => 'array'])->id();
        $redis = Clients::connect('phpredis', $site->server);
        [$key] = $redis->keys("laravel_{$site->app}*");
        $application = $site->application();
        $hooked = new HookedRedis();
        $hooked->connect($site->server->socket());
        // Another request has moved it, and the user has logged out there.
        $hooked->before['SESSIONS.SAVE'] = static fn () => $redis->del($key);
        $settings = new Settings($application);
        $keeper = new Keeper($hooked, $site->app, new Options());
        $before = $settings->before($application->make('session'));
        $handler = new SessionHandler($keeper, $settings->cookieForm(), Serialization::installed(), null, $before);
        $log = ini_set('error_log', '/dev/null');
        self::assertSame('', $handler->read($id));
        ini_set('error_log', (string) $log);
        self::assertSame(0, $site->commands()->count());
    }

    public function testTwoRequestsAtOnceMoveASessionOnce(): void
    {
        $site = self::loggedIn()->with(['session.driver' => 'sessions', 'sessions.from' => 'redis']);
        $log = ini_set('error_log', '/dev/null');
        $one = $site->begin();
        self::assertSame([7, 3], self::cartOf($site));
        ini_set('error_log', (string) $log);
        $one->finish(static fn (Request $request) => $request->session()->put('cart', 4));
        self::assertSame([7, 4], self::cartOf($site));
        self::assertSame(1, $site->commands()->count());
    }
}
