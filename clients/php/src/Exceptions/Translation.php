<?php

// Translates error replies, and what clients throw, into the exceptions of this package.

declare(strict_types=1);

namespace SessionsForRedis\Exceptions;

/** @internal */
final class Translation
{
    private const BY_CODE = [
        'CONFLICT' => ConflictException::class,
        'LIMIT' => LimitException::class,
        'CROSSSLOT' => CrossSlotException::class,
        'TRYAGAIN' => TryAgainException::class,
        'NOPERM' => PermissionException::class,
    ];

    private const NO_MODULE = 'The Redis server has no SESSIONS commands. Load the sessions module into it (in ' .
        'redis.conf: loadmodule /path/to/libsessions.so), on a cluster or with replicas into every server. ' .
        'Redis 7.0 or Valkey 8 is the oldest server that can load it.';

    /** The exception for an error reply, or for the message of what a client has thrown. */
    public static function of(string $message): SessionsException
    {
        if (preg_match('/^ERR unknown command/i', $message)) {
            return new NoModuleException(self::NO_MODULE, 'NOMODULE');
        }
        if (preg_match('/^ERR (invalid|syntax error|wrong number of arguments)/', $message)) {
            return new InvalidArgumentException($message, 'INVALID');
        }
        if (str_starts_with($message, 'ERR data too large')) {
            return new DataTooLargeException($message, 'TOOLARGE');
        }
        if (!preg_match('/^([A-Z]{3,})(?: |$)/', $message, $match)) {
            return new UnavailableException($message ?: 'no reply from Redis in time', 'UNAVAILABLE');
        }
        $class = self::BY_CODE[$match[1]] ?? SessionsException::class;
        return new $class($message, $match[1]);
    }
}
