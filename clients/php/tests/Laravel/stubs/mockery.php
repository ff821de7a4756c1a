<?php

// The Mockery of the suite, as far as the tests use it.

declare(strict_types=1);

use SessionsForRedis\Tests\Laravel\Suite;

final class Mockery
{
    private static array $made = [];

    public static function mock(mixed $of): object
    {
        return self::$made[] = match (true) {
            $of === SessionHandlerInterface::class => new Suite\Handler(),
            $of instanceof Illuminate\Session\CookieSessionHandler => new Suite\CookieHandler(
                new Illuminate\Cookie\CookieJar(),
                60,
            ),
        };
    }

    public static function close(): void
    {
        [$made, self::$made] = [self::$made, []];
        array_map(static fn (object $double) => $double->verify(), $made);
    }
}
