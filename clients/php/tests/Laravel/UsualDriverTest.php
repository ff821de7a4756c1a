<?php

// What Laravel's own driver `redis` does where ours does not: the same steps as in SessionTest and
// UsersTest, shown to fail there.

declare(strict_types=1);

namespace SessionsForRedis\Tests\Laravel;

use Illuminate\Http\Request;
use SessionsForRedis\Tests\Support\Clients;

final class UsualDriverTest extends Laravel
{
    private static function site(): Site
    {
        return new Site(['session.driver' => 'redis', 'session.serialization' => null]);
    }

    public function testTwoRequestsAtOnceLoseWhatTheFirstStored(): void
    {
        $site = self::site();
        $site->request(static fn (Request $request) => $request->session()->put('start', 1));
        $slow = $site->begin();
        $site->request(static fn (Request $request) => $request->session()->put('fast', 1));
        $slow->finish(static fn (Request $request) => $request->session()->put('slow', 1));
        $both = static fn (Request $request): array => $request->session()->only(['fast', 'slow']);
        self::assertSame(['slow' => 1], $site->request($both));
    }

    public function testASlowRequestBringsASessionBackThatHasEnded(): void
    {
        $site = self::site();
        $site->request(static function (Request $request, Application $application): void {
            $application->make('auth')->attempt(['id' => 7, 'password' => 'secret']);
        });
        $cookies = $site->cookies;
        $slow = $site->begin();
        $site->request(static fn (Request $request) => $request->session()->invalidate());
        $slow->finish(static fn (Request $request) => $request->session()->put('slow', 1));
        $site->cookies = $cookies;
        $user = static fn (Request $request, Application $application): mixed => $application->make('auth')->id();
        self::assertSame(7, $site->request($user), 'logged in again');
    }

    public function testAUsersDevicesAreNotKnown(): void
    {
        $site = self::site();
        $site->request(static function (Request $request, Application $application): void {
            $application->make('auth')->attempt(['id' => 1234567, 'password' => 'secret']);
        });
        $keys = Clients::connect('phpredis', $site->server)->keys("*{$site->app}*");
        self::assertCount(1, $keys, 'one value for each session, and no list of them by user');
        self::assertStringNotContainsString('1234567', $keys[0]);
    }
}
