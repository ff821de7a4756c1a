<?php

// Maps the bags of a Symfony session to the stored data.
//
// Symfony keeps all attributes in one value of $_SESSION. Here each of them is a top-level key, so
// that simultaneous requests that change different attributes lose nothing, and other languages
// find them under their own names.

declare(strict_types=1);

namespace SessionsForRedis\Symfony;

/** @internal */
final class Bags
{
    private const ATTRIBUTES = '_sf2_attributes';
    private const FLASHES = '_symfony_flashes';
    private const META = '_sf2_meta';

    /** What Symfony itself keeps in every session. */
    public const OWN = [self::META => true, self::FLASHES => true];

    /** The prefix of all other keys of $_SESSION. */
    private const OTHER = '_bag:';

    public function __construct(private readonly Security $security)
    {
    }

    /**
     * @param array<mixed> $data as it is stored
     * @return array<string, mixed> of $_SESSION
     */
    public function session(#[\SensitiveParameter] array $data, int $created, int $used): array
    {
        $session = [];
        foreach ($data as $name => $value) {
            $name = (string) $name;
            if ($name === self::META || $name === self::FLASHES) {
                $session[$name] = $value;
            } elseif (str_starts_with($name, self::OTHER)) {
                $session[substr($name, strlen(self::OTHER))] = $value;
            } else {
                $session[self::ATTRIBUTES][$name] = $this->security->opened($name, $value);
                if ($session[self::ATTRIBUTES][$name] === null && $value !== null) {
                    unset($session[self::ATTRIBUTES][$name]);
                }
            }
        }
        if ($session !== []) {
            $meta = is_array($session[self::META] ?? null) ? $session[self::META] : [];
            $session[self::META] = ['u' => $used] + $meta + ['c' => $created, 'l' => 0];
        }
        return $session;
    }

    /**
     * Omits the time of the last use: the server has it, and it would turn each request into a
     * change.
     *
     * @param array<mixed> $session
     * @return array<mixed>
     */
    public function data(#[\SensitiveParameter] array $session): array
    {
        $data = [];
        foreach ($session as $name => $value) {
            if ($name === self::ATTRIBUTES && is_array($value)) {
                foreach ($value as $attribute => $inner) {
                    $data[$attribute] = $this->security->closed((string) $attribute, $inner);
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

    /**
     * The data that another handler has stored. The error of a log-in is omitted: it is an object,
     * and no object is made from stored text.
     *
     * @param array<mixed> $session
     * @return array<mixed>
     */
    public function moved(#[\SensitiveParameter] array $session): array
    {
        $attributes = $session[self::ATTRIBUTES] ?? null;
        if (is_array($attributes)) {
            $isNoError = static fn (mixed $value, string|int $name): bool =>
                !is_object($value) || !Security::isOf((string) $name);
            $session[self::ATTRIBUTES] = array_filter($attributes, $isNoError, ARRAY_FILTER_USE_BOTH);
        }
        return $this->data($session);
    }
}
