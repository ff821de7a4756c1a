<?php

declare(strict_types=1);

namespace SessionsForRedis\Tests\Support;

final class Wait
{
    /** Waits until `happened` returns something truthy, and returns that. */
    public static function until(string $what, callable $happened, float $seconds = 60): mixed
    {
        $deadline = microtime(true) + $seconds;
        while (true) {
            $result = $happened();
            if ($result) {
                return $result;
            }
            if (microtime(true) > $deadline) {
                throw new \RuntimeException("in vain: $what");
            }
            usleep(5_000);
        }
    }
}
