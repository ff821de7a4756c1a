<?php

// Where the bags of a Symfony session are in the stored data.
//
// Symfony keeps all attributes in one value of $_SESSION. Here each of them is a top-level key, so that requests at
// once that change different attributes lose nothing, and other languages find them under their own names.

declare(strict_types=1);

namespace SessionsForRedis\Symfony;

use SessionsForRedis\Data\Json;
use SessionsForRedis\Exceptions\InvalidDataException;

/** @internal */
final class Bags
{
    private const ATTRIBUTES = '_sf2_attributes';
    private const FLASHES = '_symfony_flashes';
    private const META = '_sf2_meta';

    /** What Symfony itself keeps in every session. */
    public const OWN = [self::META => true, self::FLASHES => true];

    /** Before the name of any other key of $_SESSION. */
    private const OTHER = '_bag:';

    /** The firewall's user and its errors are objects. */
    private const SECURITY = '_security';
    private const PHP = '$php';

    /**
     * @param array<mixed> $data as it is stored
     * @return array<string, mixed> of $_SESSION; objects are not made again, only their text will be
     */
    public static function session(#[\SensitiveParameter] array $data, int $created, int $used): array
    {
        $session = [];
        foreach ($data as $name => $value) {
            $name = (string) $name;
            if ($name === self::META || $name === self::FLASHES) {
                $session[$name] = $value;
            } elseif (str_starts_with($name, self::OTHER)) {
                $session[substr($name, strlen(self::OTHER))] = $value;
            } else {
                $session[self::ATTRIBUTES][$name] = self::opened($name, $value);
            }
        }
        if ($session !== []) {
            $meta = is_array($session[self::META] ?? null) ? $session[self::META] : [];
            $session[self::META] = ['u' => $used] + $meta + ['c' => $created, 'l' => 0];
        }
        return $session;
    }

    /**
     * The time of the last use is left out: the server has it, and it would make each request a change.
     *
     * @param array<mixed> $session
     * @return array<mixed>
     */
    public static function data(#[\SensitiveParameter] array $session): array
    {
        $data = [];
        foreach ($session as $name => $value) {
            if ($name === self::ATTRIBUTES && is_array($value)) {
                foreach ($value as $attribute => $inner) {
                    $data[$attribute] = self::closed((string) $attribute, $inner);
                }
            } elseif ($name === self::META && is_array($value)) {
                $data[$name] = array_diff_key($value, ['u' => true]);
            } elseif ($name === self::FLASHES) {
                $data[$name] = $value;
            } else {
                $data[self::OTHER . $name] = $value;
            }
        }
        return $data;
    }

    private static function closed(string $name, #[\SensitiveParameter] mixed $value): mixed
    {
        if (!str_starts_with($name, self::SECURITY)) {
            return $value;
        }
        try {
            Json::value($value, $name);
            return $value;
        } catch (InvalidDataException) {
            return [self::PHP => base64_encode(serialize($value))];
        }
    }

    private static function opened(string $name, #[\SensitiveParameter] mixed $value): mixed
    {
        $text = is_array($value) && str_starts_with($name, self::SECURITY) ? $value[self::PHP] ?? null : null;
        if (!is_string($text)) {
            return $value;
        }
        return unserialize((string) base64_decode($text), ['allowed_classes' => false]);
    }
}
