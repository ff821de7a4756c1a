<?php

declare(strict_types=1);

namespace SessionsForRedis\Tests\Support;

/** Writes to the log if PHP makes an object of it again. */
final class Wakes
{
    public function __wakeup(): void
    {
        error_log('woken');
    }
}
