<?php

declare(strict_types=1);

namespace SessionsForRedis\Clients;

use SessionsForRedis\Exceptions\Translation;

/**
 * A Redis object of phpredis that is connected to one server, which the application or
 * RedisSentinel has named.
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

    /** `read` must find the error of this command, not of an earlier one. */
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
