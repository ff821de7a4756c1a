<?php

// Sessions as PHP's own handlers store them: `name|value` after `name|value`
// (session.serialize_handler `php`), or one array (`php_serialize`). PHP has no function that reads
// the first form without a session of its own.

declare(strict_types=1);

namespace SessionsForRedis\Data;

/** @internal */
final class PhpText
{
    /**
     * The data; null if the text has neither form. A value that cannot be read is omitted.
     *
     * @return ?array<mixed>
     */
    public static function read(#[\SensitiveParameter] string $text): ?array
    {
        if ($text === '') {
            return [];
        }
        $whole = preg_match('/^a:\d+:\{/', $text) ? self::value($text) : null;
        return is_array($whole) ? $whole : self::members($text);
    }

    /** @return ?array<mixed> */
    private static function members(#[\SensitiveParameter] string $text): ?array
    {
        $data = [];
        for ($at = 0; $at < strlen($text); $at = $end) {
            $bar = strpos($text, '|', $at);
            $end = $bar === false ? null : self::end($text, $bar + 1);
            if ($end === null) {
                return null;
            }
            $value = substr($text, $bar + 1, $end - $bar - 1);
            $read = self::value($value);
            if ($read !== false || $value === 'b:0;') {
                $data[substr($text, $at, $bar - $at)] = $read;
            }
        }
        return $data;
    }

    private static function value(#[\SensitiveParameter] string $text): mixed
    {
        return @unserialize($text, ['allowed_classes' => false]);
    }

    /** The end of the serialised value that begins at a position; null if there is none. */
    private static function end(#[\SensitiveParameter] string $text, int $at): ?int
    {
        if (preg_match('/\G(?:N|[birRd]:[^;]*);/', $text, $found, 0, $at)) {
            return $at + strlen($found[0]);
        }
        if (preg_match('/\G[sE]:(\d+):"/', $text, $found, 0, $at)) {
            return self::within($text, $at + strlen($found[0]) + (int) $found[1] + 2);
        }
        if (preg_match('/\GC:\d+:"[^"]*":(\d+):\{/', $text, $found, 0, $at)) {
            return self::within($text, $at + strlen($found[0]) + (int) $found[1] + 1);
        }
        if (!preg_match('/\G(?:a|O:\d+:"[^"]*"):(\d+):\{/', $text, $found, 0, $at)) {
            return null;
        }
        $end = $at + strlen($found[0]);
        for ($n = 2 * (int) $found[1]; $n > 0 && $end !== null; $n--) {
            $end = self::end($text, $end);
        }
        return $end === null ? null : self::within($text, $end + 1);
    }

    private static function within(#[\SensitiveParameter] string $text, int $end): ?int
    {
        return $end <= strlen($text) ? $end : null;
    }
}
