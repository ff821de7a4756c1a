<?php

declare(strict_types=1);

namespace SessionsForRedis\Stores;

/**
 * The address and the user agent of a request, in a form that the server accepts: unusual text must
 * not make a log-in fail.
 */
final class Device
{
    private function __construct(public readonly ?string $ip, public readonly ?string $ua)
    {
    }

    public static function of(mixed $ip, mixed $ua): self
    {
        return new self(self::address($ip), is_string($ua) && $ua !== '' ? substr($ua, 0, 512) : null);
    }

    private static function address(mixed $ip): ?string
    {
        if (!is_string($ip)) {
            return null;
        }
        // Null if the text is not UTF-8.
        $text = (string) preg_replace('/\p{Cc}/u', '', $ip);
        preg_match('/^.{0,64}/us', $text, $match);
        return $match[0] === '' ? null : $match[0];
    }
}
