<?php

declare(strict_types=1);

namespace SessionsForRedis\Clients;

use SessionsForRedis\Exceptions\Translation;
use SessionsForRedis\Exceptions\TryAgainException;

/**
 * A RedisCluster of phpredis. It takes the key of a raw command, or a node's address, as the first
 * argument.
 *
 * @internal
 */
final class PhpRedisCluster implements Route
{
    public function __construct(private readonly \RedisCluster $client)
    {
    }

    public function at(#[\SensitiveParameter] string $key, #[\SensitiveParameter] array $words): mixed
    {
        return $this->send($this->routed($key), $words);
    }

    /**
     * phpredis puts its prefix before the key when it computes the slot. The hash tag makes the
     * slot independent of the prefix.
     */
    private function routed(#[\SensitiveParameter] string $key): string
    {
        $prefix = (string) $this->client->getOption(\RedisCluster::OPT_PREFIX);
        return $prefix === '' || str_contains($key, '{') ? $key : '{' . $key . '}';
    }

    private function send(#[\SensitiveParameter] string|array $to, #[\SensitiveParameter] array $words): mixed
    {
        PhpRedis::clear($this->client);
        try {
            return PhpRedis::read($this->client, $this->client->rawCommand($to, ...$words));
        } catch (\RedisClusterException $thrown) {
            $message = $this->client->getLastError() ?? $thrown->getMessage();
            // phpredis does not follow a slot that is moving: nothing was sent to the node that has
            // it.
            throw str_starts_with($message, 'Unable to send command')
                ? new TryAgainException($message, 'TRYAGAIN')
                : Translation::of($message);
        }
    }

    public function everywhere(#[\SensitiveParameter] array $words): array
    {
        return Primaries::ask($this->client->_masters(), $words, fn (array $node): mixed => $this->send($node, $words));
    }

    public function isCluster(): bool
    {
        return true;
    }
}
