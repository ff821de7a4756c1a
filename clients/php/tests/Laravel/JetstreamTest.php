<?php

// Our classes instead of Jetstream's, with stand-ins of Jetstream and Livewire.

declare(strict_types=1);

namespace SessionsForRedis\Tests\Laravel;

use Illuminate\Http\Request;
use Illuminate\Validation\ValidationException;
use Laravel\Jetstream\Http\Controllers\Inertia\OtherBrowserSessionsController;
use Laravel\Jetstream\Http\Controllers\Inertia\UserProfileController;
use Livewire\Livewire;
use SessionsForRedis\Laravel\Jetstream\LogoutOtherBrowserSessionsForm;

/**
 * @runTestsInSeparateProcesses
 * @preserveGlobalState disabled
 */
final class JetstreamTest extends Laravel
{
    protected function setUp(): void
    {
        parent::setUp();
        require_once __DIR__ . '/stubs/jetstream.php';
    }

    /** @return array{Site, Site} one user's two browsers */
    private static function twoBrowsers(array $settings = []): array
    {
        $site = new Site($settings + ['jetstream.stack' => 'livewire']);
        $browsers = [$site, $site->otherBrowser()];
        foreach ($browsers as $browser) {
            $browser->request(static function (Request $request, Application $application): void {
                $application->make('auth')->attempt(['id' => 7, 'password' => 'secret']);
            });
        }
        return $browsers;
    }

    private static function user(Site $site): mixed
    {
        return $site->request(static fn (Request $r, Application $application) => $application->make('auth')->id());
    }

    private static function form(Application $application): object
    {
        $application->instance('hash', new class {
            public function check(string $password): bool
            {
                return $password === 'secret';
            }
        });
        $class = Livewire::$components['profile.logout-other-browser-sessions-form'];
        self::assertSame(LogoutOtherBrowserSessionsForm::class, $class);
        return new $class();
    }

    public function testTheComponentListsTheDevicesAndEndsTheOthers(): void
    {
        [$site, $phone] = self::twoBrowsers();
        $site->request(static function (Request $request, Application $application): void {
            $request->setUserResolver(static fn () => $application->make('auth')->user());
            $form = self::form($application);
            $listed = $form->getSessionsProperty();
            self::assertSame([2, 1], [count($listed), $listed->where('is_current_device', true)->count()]);
            $first = $listed->first();
            self::assertSame('browser of Browser/1.0', $first->agent->browser());
            self::assertSame('203.0.113.7', $first->ip_address);
            self::assertStringContainsString('ago', $first->last_active);

            $guard = new SomeGuard();
            $form->confirmingLogout = true;
            $form->password = 'secret';
            $form->logoutOtherBrowserSessions($guard);
            self::assertSame([['secret'], false, ['loggedOut']], [
                $guard->loggedOut, $form->confirmingLogout, $form->dispatched,
            ]);
            self::assertSame('mac of hash', $request->session()->get('password_hash_web'));
        });
        self::assertSame([7, null], [self::user($site), self::user($phone)]);
    }

    public function testTheComponentRefusesAWrongPassword(): void
    {
        [$site, $phone] = self::twoBrowsers();
        $site->request(static function (Request $request, Application $application): void {
            $request->setUserResolver(static fn () => $application->make('auth')->user());
            $form = self::form($application);
            $form->password = 'wrong';
            try {
                $form->logoutOtherBrowserSessions(new SomeGuard());
                self::fail('a wrong password was accepted');
            } catch (ValidationException $exception) {
                self::assertSame('This password does not match our records.', $exception->getMessage());
            }
        });
        self::assertSame([7, 7], [self::user($site), self::user($phone)]);
    }

    public function testTheControllersOfInertiaListTheDevicesAndEndTheOthers(): void
    {
        [$site, $phone] = self::twoBrowsers(['jetstream.stack' => 'inertia']);
        $site->request(static function (Request $request, Application $application): void {
            $request->setUserResolver(static fn () => $application->make('auth')->user());
            $listed = $application->make(UserProfileController::class)->sessions($request);
            $device = [
                'is_desktop' => true,
                'platform' => 'platform of Browser/1.0',
                'browser' => 'browser of Browser/1.0',
            ];
            self::assertSame([$device, $device], $listed->pluck('agent')->all());
            $application->make(OtherBrowserSessionsController::class)->destroy($request, new SomeGuard());
        });
        self::assertSame([7, null], [self::user($site), self::user($phone)]);
    }

    public function testAnotherDriverKeepsJetstreamsOwnClasses(): void
    {
        $application = (new Site(['session.driver' => 'array', 'jetstream.stack' => 'livewire']))->application();
        self::assertSame([], Livewire::$components);
        $controller = $application->make(UserProfileController::class);
        self::assertSame(UserProfileController::class, $controller::class);
    }
}
