<?php

// JSON texts as they are stored. PHP's arrays do not distinguish {} from [] and cannot hold a
// number of 20 digits exactly. So when a value is stored again, its unchanged parts keep their
// text.

declare(strict_types=1);

namespace SessionsForRedis\Data;

/** @internal */
final class Raw
{
    private const SPACE = " \t\n\r";
    private const DEPTHS = ['{' => 1, '[' => 1, '}' => -1, ']' => -1];

    /**
     * The text of each member of an object, or of each element of an array.
     *
     * @return array<string>
     */
    public static function parts(#[\SensitiveParameter] string $json): array
    {
        $parts = [];
        $at = strspn($json, self::SPACE);
        $isObject = $json[$at] === '{';
        $at = self::next($json, $at + 1);
        for ($index = 0; $json[$at] !== '}' && $json[$at] !== ']'; $index++) {
            $name = $index;
            if ($isObject) {
                $end = self::end($json, $at);
                $name = json_decode(substr($json, $at, $end - $at));
                $at = self::next($json, self::next($json, $end) + 1); // behind the colon
            }
            $end = self::end($json, $at);
            $parts[$name] = substr($json, $at, $end - $at);
            $at = self::next($json, $end);
            if ($json[$at] === ',') {
                $at = self::next($json, $at + 1);
            }
        }
        return $parts;
    }

    private static function next(#[\SensitiveParameter] string $json, int $at): int
    {
        return $at + strspn($json, self::SPACE, $at);
    }

    /** The end of the value that begins at a position. */
    private static function end(#[\SensitiveParameter] string $json, int $at): int
    {
        if ($json[$at] === '"') {
            return self::endOfText($json, $at);
        }
        if ($json[$at] !== '{' && $json[$at] !== '[') {
            return $at + strcspn($json, ',]}' . self::SPACE, $at);
        }
        $depth = 0;
        do {
            $depth += self::DEPTHS[$json[$at]] ?? 0;
            $at = $json[$at] === '"' ? self::endOfText($json, $at) : $at + 1;
            if ($depth > 0) {
                $at += strcspn($json, '"{}[]', $at);
            }
        } while ($depth > 0);
        return $at;
    }

    private static function endOfText(#[\SensitiveParameter] string $json, int $at): int
    {
        $at++;
        while (true) {
            $at += strcspn($json, '"\\', $at);
            if ($json[$at] === '"') {
                return $at + 1;
            }
            $at += 2;
        }
    }

    /** The JSON text of a value that was read as `before`. Its unchanged parts keep their text. */
    public static function keeping(
        #[\SensitiveParameter] mixed $value,
        #[\SensitiveParameter] ?string $before,
        string $path,
    ): string {
        if ($before === null) {
            return Json::value($value, $path);
        }
        if ($value === json_decode($before, true)) {
            return $before;
        }
        $first = $before[0];
        $text = Json::value($value, $path);
        if (!is_array($value) || ($first !== '{' && $first !== '[')) {
            return $text;
        }
        $parts = self::parts($before);
        // An array that was an object stays one, unless its new keys can only be those of a list.
        $isObject = !array_is_list($value) || ($first === '{' && ($value === [] || isset($parts[0])));
        $texts = [];
        foreach ($value as $name => $inner) {
            $texts[$name] = self::keeping($inner, $parts[$name] ?? null, (string) $name);
        }
        return $isObject ? Json::joined($texts) : '[' . implode(',', $texts) . ']';
    }
}
