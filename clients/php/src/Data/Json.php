<?php

// The data of a session: what JSON can hold. A value that JSON cannot hold is refused with an error
// that names it: it is not silently lost or changed.

declare(strict_types=1);

namespace SessionsForRedis\Data;

use SessionsForRedis\Exceptions\InvalidDataException;

/** @internal */
final class Json
{
    private const FLAGS = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION;

    /** The number of levels that the server accepts. The data itself is the first level. */
    private const LEVELS = 32;

    /** The JSON text of a session's data: always an object, regardless of its keys. */
    public static function object(#[\SensitiveParameter] array $data): string
    {
        $texts = [];
        foreach ($data as $name => $value) {
            $texts[$name] = self::value($value, (string) $name);
        }
        return self::joined($texts);
    }

    /** @param array<string> $texts the JSON text of each key */
    public static function joined(#[\SensitiveParameter] array $texts): string
    {
        $members = [];
        foreach ($texts as $name => $text) {
            $members[] = self::name((string) $name) . ':' . $text;
        }
        return '{' . implode(',', $members) . '}';
    }

    private static function name(#[\SensitiveParameter] string $name): string
    {
        $text = json_encode($name, self::FLAGS);
        return $text === false ? self::refuse('a key', 'not UTF-8') : $text;
    }

    /** The JSON text of the value of a key; `path` is its name. */
    public static function value(#[\SensitiveParameter] mixed $value, string $path): string
    {
        self::check($value, $path, 2);
        $precision = ini_get('serialize_precision');
        // With any value except -1, PHP rounds numbers or writes digits that they do not have.
        if ($precision !== '-1') {
            ini_set('serialize_precision', '-1');
        }
        $text = json_encode($value, self::FLAGS);
        if ($precision !== '-1') {
            ini_set('serialize_precision', (string) $precision);
        }
        return $text === false ? self::refuse($path, json_last_error_msg()) : $text;
    }

    private static function check(#[\SensitiveParameter] mixed $value, string $path, int $level): void
    {
        if (is_string($value)) {
            if (!preg_match('//u', $value)) {
                self::refuse($path, 'text that is not UTF-8');
            }
            return;
        }
        if (is_float($value) && !is_finite($value)) {
            self::refuse($path, (string) $value);
        }
        if (is_object($value) && !$value instanceof \stdClass) {
            self::refuse($path, 'an object of the class ' . self::classOf($value));
        }
        if (is_resource($value)) {
            self::refuse($path, 'a resource');
        }
        if (!is_array($value) && !is_object($value)) {
            return;
        }
        if ($level > self::LEVELS) {
            self::refuse($path, 'more than ' . self::LEVELS . ' levels deep');
        }
        foreach ((array) $value as $name => $inner) {
            if (is_string($name) && !preg_match('//u', $name)) {
                self::refuse("a key of $path", 'not UTF-8');
            }
            self::check($inner, is_int($name) ? "{$path}[$name]" : "$path.$name", $level + 1);
        }
    }

    /** The class of an object. If PHP could not restore the object, the class that it had. */
    private static function classOf(object $value): string
    {
        return $value instanceof \__PHP_Incomplete_Class
            ? (string) ((array) $value)['__PHP_Incomplete_Class_Name']
            : get_debug_type($value);
    }

    private static function refuse(string $path, string $what): never
    {
        $path = preg_match('//u', $path) ? $path : 'a key';
        throw new InvalidDataException("session data: $path is $what, which JSON cannot represent", 'DATA');
    }

    /** The arrays of a JSON object or array. */
    public static function read(#[\SensitiveParameter] string $json): array
    {
        return json_decode($json, true, 512, JSON_THROW_ON_ERROR);
    }
}
