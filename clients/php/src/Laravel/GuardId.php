<?php

// Finds the id of a session's user in the data: Laravel's guard keeps it under a key that contains
// the guard's name.

declare(strict_types=1);

namespace SessionsForRedis\Laravel;

final class GuardId
{
    /** @return \Closure(array<mixed>): (string|int|null) */
    public static function of(string $guard): \Closure
    {
        // The SHA-1 of the guard's class follows the name.
        $pattern = '/^login_' . preg_quote($guard, '/') . '_[0-9a-f]{40}$/D';
        return static function (array $data) use ($pattern): string|int|null {
            foreach ($data as $name => $id) {
                if ((is_string($id) || is_int($id)) && preg_match($pattern, (string) $name)) {
                    return $id;
                }
            }
            return null;
        };
    }
}
