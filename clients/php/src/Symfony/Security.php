<?php

// What the firewall keeps in the session: its user as text that PHP has serialized, and the error
// of a log-in.
//
// Other programs write the same data, and some let a visitor choose its content. So no object is
// made from stored data: of an error only the texts are stored. The firewall makes objects from its
// own text; with a seal, only from text that this site has written.

declare(strict_types=1);

namespace SessionsForRedis\Symfony;

use SessionsForRedis\Exceptions\InvalidDataException;
use Symfony\Component\Security\Core\Exception\AuthenticationException;
use Symfony\Component\Security\Core\Exception\CustomUserMessageAuthenticationException;

/** @internal */
final class Security
{
    private const PREFIX = '_security';

    /** The prefix of a firewall's name: ContextListener unserializes the attribute. */
    private const FIREWALL = '_security_';

    private const ERROR = '$error';
    private const BYTES = '$base64';
    private const SEAL = '$seal';

    public function __construct(#[\SensitiveParameter] private readonly ?string $secret = null)
    {
        if ($secret === '') {
            throw new \InvalidArgumentException('seal must be a secret string, such as %kernel.secret%');
        }
    }

    /** Whether an attribute is the firewall's. */
    public static function isOf(string $name): bool
    {
        return str_starts_with($name, self::PREFIX);
    }

    /** What is stored of an attribute. */
    public function closed(string $name, #[\SensitiveParameter] mixed $value): mixed
    {
        if (!self::isOf($name)) {
            return $value;
        }
        if ($value instanceof \__PHP_Incomplete_Class) {
            return self::texts(self::error($name, $value));
        }
        if ($value instanceof AuthenticationException) {
            return self::texts($value);
        }
        if (!is_string($value)) {
            return $value;
        }
        $stored = preg_match('//u', $value) ? $value : [self::BYTES => base64_encode($value)];
        if ($this->secret === null || !str_starts_with($name, self::FIREWALL)) {
            return $stored;
        }
        return [self::BYTES => base64_encode($value), self::SEAL => $this->seal($name, $value)];
    }

    /** The attribute; null if it must not reach Symfony. */
    public function opened(string $name, #[\SensitiveParameter] mixed $value): mixed
    {
        if (!self::isOf($name)) {
            return $value;
        }
        $text = is_array($value) && is_string($value[self::BYTES] ?? null)
            ? (string) base64_decode($value[self::BYTES])
            : null;
        if ($this->secret !== null && str_starts_with($name, self::FIREWALL)) {
            $seal = is_array($value) ? $value[self::SEAL] ?? null : null;
            $isOurs = $text !== null && is_string($seal) && hash_equals($this->seal($name, $text), $seal);
            return $isOurs ? $text : null;
        }
        if ($text !== null) {
            return $text;
        }
        return is_array($value) && is_array($value[self::ERROR] ?? null) ? self::made($value[self::ERROR]) : $value;
    }

    private function seal(string $name, #[\SensitiveParameter] string $text): string
    {
        return hash_hmac('sha256', "$name\0$text", (string) $this->secret);
    }

    private static function error(
        string $name,
        #[\SensitiveParameter] \__PHP_Incomplete_Class $value,
    ): AuthenticationException {
        $class = (string) ((array) $value)['__PHP_Incomplete_Class_Name'];
        if (!is_subclass_of($class, AuthenticationException::class) && $class !== AuthenticationException::class) {
            throw new InvalidDataException(
                "session data: $name is an object of the class $class, which JSON cannot represent",
                'DATA',
            );
        }
        // The text of an object that PHP has just made in this request. None of it comes from the
        // server.
        try {
            return unserialize(serialize($value));
        } catch (\Throwable) {
            return new AuthenticationException();
        }
    }

    /** @return array<string, array<string, mixed>> */
    private static function texts(#[\SensitiveParameter] AuthenticationException $error): array
    {
        return [self::ERROR => [
            'message' => self::text($error->getMessage()),
            'key' => self::text($error->getMessageKey()),
            'data' => array_map(self::scalar(...), $error->getMessageData()),
        ]];
    }

    private static function text(#[\SensitiveParameter] mixed $value): string
    {
        return is_scalar($value) && preg_match('//u', (string) $value) ? (string) $value : '';
    }

    private static function scalar(#[\SensitiveParameter] mixed $value): mixed
    {
        return is_int($value) || is_bool($value) ? $value : self::text($value);
    }

    /** The error as an object that contains only texts, regardless of its class. */
    private static function made(#[\SensitiveParameter] array $error): AuthenticationException
    {
        $data = is_array($error['data'] ?? null) ? $error['data'] : [];
        $made = new CustomUserMessageAuthenticationException(self::text($error['message'] ?? ''));
        $made->setSafeMessage(self::text($error['key'] ?? ''), array_map(self::scalar(...), $data));
        return $made;
    }

    /** Omits the secret. */
    public function __debugInfo(): array
    {
        return [];
    }
}
