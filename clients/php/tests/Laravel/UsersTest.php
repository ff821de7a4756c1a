<?php

// Log-ins to a Laravel site: which user a session belongs to, and the ends of sessions.

declare(strict_types=1);

namespace SessionsForRedis\Tests\Laravel;

use Illuminate\Http\Request;
use SessionsForRedis\Exceptions\LimitException;
use SessionsForRedis\Laravel\UserSessions;

final class UsersTest extends Laravel
{
    /** As Laravel's own controllers do it. */
    private static function logIn(Site $site, int $id = 7): void
    {
        $site->request(static function (Request $request, Application $application) use ($id): void {
            self::assertTrue($application->make('auth')->attempt(['id' => $id, 'password' => 'secret']));
            $request->session()->regenerate();
        }, 'POST');
    }

    private static function user(Site $site): mixed
    {
        return $site->request(static fn (Request $r, Application $application) => $application->make('auth')->id());
    }

    public function testALogInMakesANewSessionOfTheUserAndEndsTheVisitors(): void
    {
        $site = new Site();
        $site->request(static fn (Request $request) => $request->session()->put('cart', 3));
        $old = hash('sha256', (string) $site->id());
        self::logIn($site);
        self::assertNull($site->commands()->peek($old));
        self::assertSame(1, $site->commands()->count());
        [$session] = $site->userSessions()->sessionsOf(7);
        self::assertSame(['7', '203.0.113.7', 'Browser/1.0'], [$session['id'], $session['ip'], $session['ua']]);
        self::assertSame(7, self::user($site));
        self::assertSame(3, $site->request(static fn (Request $request) => $request->session()->get('cart')));
    }

    public function testALogOutLeavesAVisitor(): void
    {
        $site = new Site();
        self::logIn($site);
        $old = hash('sha256', (string) $site->id());
        $site->request(static function (Request $request, Application $application): void {
            $application->make('auth')->guard()->logout();
            $request->session()->invalidate();
            $request->session()->regenerateToken();
        });
        self::assertNull($site->commands()->peek($old));
        self::assertSame(0, $site->commands()->countSoid(7));
        self::assertNull(self::user($site));
    }

    public function testALogOutLeavesAVisitorAlsoOfAUserWhomAnotherLanguageHasLoggedIn(): void
    {
        $site = new Site();
        $site->request(static fn (Request $request) => $request->session()->put('a', 1));
        $site->commands()->save(hash('sha256', (string) $site->id()), ['passport' => 'u1'], ['id' => 'u1']);
        foreach (['invalidate', 'regenerate and invalidate'] as $step) {
            $site->request(static function (Request $request) use ($step): void {
                if ($step !== 'invalidate') {
                    $request->session()->regenerate();
                }
                $request->session()->invalidate();
                $request->session()->regenerateToken();
            });
            self::assertSame([1, 0], [$site->commands()->count(), $site->commands()->countSoid('u1')], $step);
            self::assertArrayNotHasKey('passport', $site->stored()['d']);
            $site->commands()->save(hash('sha256', (string) $site->id()), ['passport' => 'u1'], ['id' => 'u1']);
        }
    }

    public function testALogOutThatKeepsTheIdMakesTheSessionAVisitors(): void
    {
        $site = new Site();
        self::logIn($site);
        $site->request(static function (Request $request): void {
            $names = preg_grep('/^login_web_/', array_keys($request->session()->all()));
            $request->session()->forget($names);
        });
        self::assertSame([1, 0], [$site->commands()->count(), $site->commands()->countSoid(7)]);
    }

    public function testALogOutDuringASlowRequestStays(): void
    {
        $site = new Site();
        self::logIn($site);
        $slow = $site->begin();
        $site->request(static fn (Request $request) => $request->session()->invalidate());
        $slow->finish(static fn (Request $request) => $request->session()->put('slow', 1));
        self::assertSame(0, $site->commands()->countSoid(7));
        self::assertNull(self::user($site));
    }

    public function testASlowRequestThatRegeneratesDoesNotBringAUserBack(): void
    {
        $site = new Site();
        self::logIn($site);
        $slow = $site->begin();
        $site->commands()->killSoid(7);
        $slow->finish(static fn (Request $request) => $request->session()->regenerate(true));
        self::assertSame(0, $site->commands()->countSoid(7));
        self::assertNull(self::user($site));
    }

    public function testARequestFromBeforeTheLogInChangesNothingAfterIt(): void
    {
        $site = new Site();
        $site->request(static fn (Request $request) => $request->session()->put('a', 1));
        $slow = $site->begin();
        self::logIn($site);
        $cookies = $site->cookies;
        $slow->finish(static fn (Request $request) => $request->session()->put('slow', 1));
        $site->cookies = $cookies;
        self::assertNull($site->request(static fn (Request $request) => $request->session()->get('slow')));
        self::assertSame(1, $site->commands()->count());
    }

    public function testAUserEndsTheOtherDevices(): void
    {
        $site = new Site();
        $phone = $site->otherBrowser();
        $stranger = $site->otherBrowser();
        self::logIn($site);
        self::logIn($phone);
        self::logIn($stranger, 8);
        $ended = $site->request(static function (Request $request, Application $application): array {
            $sessions = $application->make(UserSessions::class);
            $sids = array_column($sessions->sessionsOf(7), 'sid');
            return [in_array($sessions->sidOf($request), $sids, true), $sessions->endOthers($request)];
        });
        self::assertSame([true, 1], $ended);
        self::assertSame([7, null, 8], [self::user($site), self::user($phone), self::user($stranger)]);
    }

    public function testAUserWhomAnotherLanguageKeepsEndsTheOtherDevices(): void
    {
        $site = new Site();
        $site->request(static fn (Request $request) => $request->session()->put('a', 1));
        $site->commands()->save(hash('sha256', (string) $site->id()), ['a' => 1], ['id' => 'u1']);
        $site->commands()->create('u1');
        $others = static fn (Request $r, Application $a): int => $a->make(UserSessions::class)->endOthers($r);
        self::assertSame([1, 'u1'], [$site->request($others), $site->stored()['id']]);
    }

    public function testAnOperatorEndsOneSessionOrAll(): void
    {
        $site = new Site();
        self::logIn($site);
        self::logIn($phone = $site->otherBrowser());
        $sessions = $site->userSessions();
        $sid = $phone->request(static fn (Request $r, Application $a) => $a->make(UserSessions::class)->sidOf($r));
        self::assertSame(1, $sessions->endAll(7, only: $sid));
        self::assertSame([7, null], [self::user($site), self::user($phone)]);
        self::assertSame(1, $sessions->endAll(7));
        self::assertNull(self::user($site));
    }

    public function testALimitEndsTheLeastRecentlyActiveSession(): void
    {
        $site = new Site(['sessions.max' => 1]);
        self::logIn($site);
        self::logIn($phone = $site->otherBrowser());
        self::assertSame([null, 7], [self::user($site), self::user($phone)]);
    }

    public function testALimitRefusesALogInOnDemand(): void
    {
        $site = new Site(['sessions.max' => 1, 'sessions.reject' => true]);
        self::logIn($site);
        $phone = $site->otherBrowser();
        $refused = $phone->request(static function (Request $request, Application $application): bool {
            $application->make('auth')->attempt(['id' => 7, 'password' => 'secret']);
            try {
                $request->session()->save();
            } catch (LimitException) {
                $application->make('auth')->guard()->logout();
                return true;
            }
            return false;
        });
        self::assertTrue($refused);
        self::assertSame([7, null], [self::user($site), self::user($phone)]);
    }

    public function testAnotherGuardOrAClassFindsTheUser(): void
    {
        $class = new class {
            public function __invoke(array $data): ?string
            {
                return isset($data['member']) ? "m{$data['member']}" : null;
            }
        };
        foreach (['m5' => $class::class, '' => false] as $id => $setting) {
            $site = new Site(['sessions.id' => $setting]);
            $site->request(static fn (Request $request) => $request->session()->put('member', 5));
            self::assertSame($id, $site->stored()['id'] ?? '');
        }
    }
}
