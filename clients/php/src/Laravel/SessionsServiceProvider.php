<?php

// Makes SESSION_DRIVER=sessions known to Laravel, which finds this class in composer.json.

declare(strict_types=1);

namespace SessionsForRedis\Laravel;

use Illuminate\Contracts\Container\Container;
use Illuminate\Session\SessionManager as LaravelManager;
use Illuminate\Support\ServiceProvider;

final class SessionsServiceProvider extends ServiceProvider
{
    private const CONFIG = __DIR__ . '/config.php';

    public function register(): void
    {
        $this->mergeConfigFrom(self::CONFIG, 'sessions');
        $this->app->extend(
            'session',
            static fn (LaravelManager $manager, Container $app) => SessionManager::inPlaceOf($manager, $app),
        );
        $this->app->bind(
            UserSessions::class,
            static fn (Container $app) => new UserSessions($app->make('session')),
        );
    }

    public function boot(): void
    {
        if ($this->app->runningInConsole()) {
            $this->publishes([self::CONFIG => $this->app->configPath('sessions.php')], 'sessions-config');
        }
        if ($this->app->make('config')->get('session.driver') === 'sessions') {
            // Jetstream names its components when it boots, which may be later.
            $this->app->booted(fn () => Jetstream\Replacements::register($this->app));
        }
    }
}
