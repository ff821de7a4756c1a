<?php

declare(strict_types=1);

namespace SessionsForRedis\Clients;

use SessionsForRedis\Exceptions\Translation;

/**
 * A Redis object of phpredis, connected to one server: by itself or as RedisSentinel has named it.
 *
 * @internal
 */
final class PhpRedis implements Route
{
    public function __construct(private readonly \Redis $client)
    {
    }

    public function at(#[\SensitiveParameter] string $key, #[\SensitiveParameter] array $words): mixed
    {
        self::clear($this->client);
        return self::read($this->client, $this->client->rawCommand(...$words));
    }

    /** The error that `read` finds must be that of the command. */
    public static function clear(\Redis|\RedisCluster $client): void
    {
        if ($client->getMode() !== \Redis::ATOMIC) {
            throw new \LogicException('the client is in MULTI or in a pipeline, which delays replies');
        }
        $client->clearLastError();
    }

    /** phpredis returns false for null and for most error replies. */
    public static function read(\Redis|\RedisCluster $client, mixed $reply): mixed
    {
        if ($reply !== false) {
            return $reply;
        }
        $error = $client->getLastError();
        return $error === null ? null : throw Translation::of($error);
    }

    public function everywhere(#[\SensitiveParameter] array $words): array
    {
        return [$this->at('', $words)];
    }

    public function isCluster(): bool
    {
        return false;
    }
}
