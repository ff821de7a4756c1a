<?php

// The parts of Laravel's application object that service providers ask for. Debian does not package
// the object itself.

declare(strict_types=1);

namespace SessionsForRedis\Tests\Laravel;

use Illuminate\Container\Container;

final class Application extends Container
{
    /** @var list<callable> */
    private array $booted = [];

    public function runningInConsole(): bool
    {
        return false;
    }

    public function booted(callable $callback): void
    {
        $this->booted[] = $callback;
    }

    /** @param list<class-string> $providers */
    public function start(array $providers): void
    {
        $made = array_map(fn (string $provider): object => new $provider($this), $providers);
        foreach ($made as $provider) {
            $provider->register();
        }
        foreach ($made as $provider) {
            if (method_exists($provider, 'boot')) {
                $provider->boot();
            }
        }
        array_map(static fn (callable $callback) => $callback(), $this->booted);
    }
}
