<?php

// The clients that can be given to this package. They are distinguished by their classes. This file
// does not load the classes, so the application's own version and settings apply.

declare(strict_types=1);

namespace SessionsForRedis\Clients;

use SessionsForRedis\Exceptions\NoModuleException;
use SessionsForRedis\Exceptions\SessionsException;
use SessionsForRedis\Exceptions\Translation;
use SessionsForRedis\Exceptions\TryAgainException;
use SessionsForRedis\Exceptions\UnavailableException;

/**
 * Sends commands by any client. Every failure is thrown as a SessionsException.
 *
 * @internal
 */
final class Sender
{
    // The limits of the attempts while a hash slot moves. The pauses add up to about two seconds; a
    // node that does not reply takes longer.
    private const TRIES = 10;
    private const SECONDS = 3;

    private ?Route $route = null;
    private readonly mixed $client;

    /** A Closure returns the client when the first command is sent. */
    public function __construct(mixed $client)
    {
        $this->client = $client;
        if (!$client instanceof \Closure) {
            $this->route = self::routeOf($client);
        }
    }

    private static function routeOf(mixed $client): Route
    {
        if ($client instanceof \RedisCluster) {
            return new PhpRedisCluster($client);
        }
        if ($client instanceof \Redis) {
            return new PhpRedis($client);
        }
        if ($client instanceof \Predis\ClientInterface) {
            $connection = $client->getConnection();
            if (method_exists($connection, 'askSlotsMap') || method_exists($connection, 'askSlotMap')) {
                return new PredisCluster($client);
            }
            if (!method_exists($connection, 'getClusterStrategy')) {
                return new Predis($client);
            }
            throw new \InvalidArgumentException(
                'a Predis client with several servers must be configured for a cluster ("cluster" => "redis") '
                . 'or for Sentinel'
            );
        }
        throw new \InvalidArgumentException(
            'client must be a Redis or RedisCluster of phpredis, a client of Predis, or a Closure that returns one'
        );
    }

    /** Whether the client exists: a Closure returns it at the first command. */
    public function isKnown(): bool
    {
        return $this->route !== null;
    }

    private function route(): Route
    {
        return $this->route ??= self::routeOf(($this->client)());
    }

    public function isCluster(): bool
    {
        return $this->attempt(fn (): bool => $this->route()->isCluster());
    }

    /** @param list<string> $words */
    public function at(#[\SensitiveParameter] string $key, #[\SensitiveParameter] array $words): mixed
    {
        $began = microtime(true);
        for ($tried = 1;; $tried++) {
            try {
                return $this->attempt(fn (): mixed => $this->route()->at($key, $words));
            } catch (TryAgainException $exception) {
                $isLate = $tried === self::TRIES || microtime(true) - $began > self::SECONDS;
                if ($isLate || !$this->isCluster()) {
                    throw $exception;
                }
                usleep(20_000 * $tried + random_int(0, 20_000));
            } catch (SessionsException $exception) {
                if ($tried > 1 || !$this->isStale($exception)) {
                    throw $this->explained($exception);
                }
            }
        }
    }

    /**
     * The replies of all primaries.
     *
     * @param list<string> $words
     * @return list<mixed>
     */
    public function everywhere(#[\SensitiveParameter] array $words): array
    {
        try {
            return $this->attempt(fn (): array => $this->route()->everywhere($words));
        } catch (SessionsException $exception) {
            $this->isStale($exception);
            throw $this->explained($exception);
        }
    }

    /**
     * Forgets the client that a Closure has returned if its server has become a replica or does not
     * reply, so that the Closure is called again. After a failover it finds the new primary; and
     * phpredis does not always reconnect itself. Returns whether the server is a replica: then the
     * command has not run and can be sent again.
     */
    private function isStale(SessionsException $exception): bool
    {
        $isReplica = $exception->getCode() === 'READONLY';
        if ($this->client instanceof \Closure && ($isReplica || $exception instanceof UnavailableException)) {
            $this->route = null;
            return $isReplica;
        }
        return false;
    }

    private function attempt(#[\SensitiveParameter] \Closure $send): mixed
    {
        try {
            return $send();
        } catch (SessionsException | \LogicException $exception) {
            throw $exception;
        } catch (\Exception $thrown) {
            throw Translation::of($thrown->getMessage());
        }
    }

    /** If the module is missing, the server may be too old for it. */
    private function explained(SessionsException $exception): SessionsException
    {
        if (!$exception instanceof NoModuleException) {
            return $exception;
        }
        try {
            [$info] = $this->attempt(fn (): array => $this->route()->everywhere(['INFO', 'server']));
        } catch (SessionsException) {
            return $exception; // The Redis user may not use INFO.
        }
        $isKnown = preg_match('/^redis_version:((\d+)\S*)/m', (string) $info, $version);
        if (!$isKnown || (int) $version[2] >= 7) {
            return $exception;
        }
        $text = "{$exception->getMessage()} This one is Redis {$version[1]}.";
        return new NoModuleException($text, $exception->getCode());
    }

    /** Omits the client, whose settings may contain a password. */
    public function __debugInfo(): array
    {
        return [];
    }
}
