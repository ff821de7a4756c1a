<?php

// Functions of PHP 8.4 and 8.5 that later versions of Laravel use.

declare(strict_types=1);

if (!function_exists('array_any')) {
    function array_find_key(array $array, callable $is): string|int|null
    {
        foreach ($array as $key => $value) {
            if ($is($value, $key)) {
                return $key;
            }
        }
        return null;
    }

    function array_any(array $array, callable $is): bool
    {
        return array_find_key($array, $is) !== null;
    }

    function array_all(array $array, callable $is): bool
    {
        return !array_any($array, static fn (mixed $value, string|int $key): bool => !$is($value, $key));
    }

    function array_find(array $array, callable $is): mixed
    {
        $key = array_find_key($array, $is);
        return $key === null ? null : $array[$key];
    }
}

if (!function_exists('array_first')) {
    function array_first(array $array): mixed
    {
        return $array === [] ? null : $array[array_key_first($array)];
    }

    function array_last(array $array): mixed
    {
        return $array === [] ? null : $array[array_key_last($array)];
    }
}

if (!function_exists('mb_ucfirst')) {
    function mb_ucfirst(string $text): string
    {
        return mb_strtoupper(mb_substr($text, 0, 1)) . mb_substr($text, 1);
    }

    function mb_lcfirst(string $text): string
    {
        return mb_strtolower(mb_substr($text, 0, 1)) . mb_substr($text, 1);
    }
}
