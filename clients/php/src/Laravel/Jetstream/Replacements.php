<?php

// Replaces classes of Jetstream with the classes of this folder, if Jetstream is installed.

declare(strict_types=1);

namespace SessionsForRedis\Laravel\Jetstream;

use Illuminate\Contracts\Container\Container;
use Laravel\Jetstream\Http\Controllers\Inertia\OtherBrowserSessionsController as JetstreamOthers;
use Laravel\Jetstream\Http\Controllers\Inertia\UserProfileController as JetstreamProfile;
use Laravel\Jetstream\Jetstream;
use Livewire\Livewire;

/** @internal */
final class Replacements
{
    private const COMPONENT = 'profile.logout-other-browser-sessions-form';

    public static function register(Container $app): void
    {
        if (!class_exists(Jetstream::class)) {
            return;
        }
        // The router gets its controllers from the container.
        $app->bind(JetstreamOthers::class, OtherBrowserSessionsController::class);
        $app->bind(JetstreamProfile::class, UserProfileController::class);
        if (class_exists(Livewire::class) && $app->make('config')->get('jetstream.stack') === 'livewire') {
            Livewire::component(self::COMPONENT, LogoutOtherBrowserSessionsForm::class);
        }
    }
}
