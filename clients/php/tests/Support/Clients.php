<?php

// The clients that the tests drive.

declare(strict_types=1);

namespace SessionsForRedis\Tests\Support;

final class Clients
{
    private static int $apps = 0;

    public static function newApp(): string
    {
        return 'app' . self::$apps++;
    }

    /** @return array<string, array{string}> for a data provider */
    public static function names(): array
    {
        $names = ['phpredis' => ['phpredis'], 'Predis' => ['Predis']];
        // Where every test must run, its absence is a failure.
        $isComplete = getenv('SESSIONS_NO_SKIP') || class_exists(\Predis\Client::class);
        return $isComplete ? $names : array_diff_key($names, ['Predis' => 0]);
    }

    public static function connect(string $name, Server $server, float $timeOut = 10): \Redis|\Predis\Client
    {
        return self::connectTo($name, $server->socket(), $timeOut);
    }

    public static function connectTo(string $name, string $socket, float $timeOut = 10): \Redis|\Predis\Client
    {
        if ($name === 'Predis') {
            return new \Predis\Client(['scheme' => 'unix', 'path' => $socket, 'read_write_timeout' => $timeOut]);
        }
        $redis = new \Redis();
        $redis->connect($socket);
        $redis->setOption(\Redis::OPT_READ_TIMEOUT, $timeOut);
        return $redis;
    }

    /** @param list<Server> $nodes */
    public static function cluster(string $name, array $nodes): \RedisCluster|\Predis\Client
    {
        return self::clusterTo($name, array_map(static fn (Server $node): int => $node->port, $nodes));
    }

    /** @param list<int> $ports */
    public static function clusterTo(string $name, array $ports): \RedisCluster|\Predis\Client
    {
        $addresses = array_map(static fn (int $port): string => "127.0.0.1:$port", $ports);
        return $name === 'Predis'
            ? new \Predis\Client(array_map(static fn (string $a): string => "tcp://$a", $addresses), [
                'cluster' => 'redis',
            ])
            : new \RedisCluster(null, $addresses, 5, 5);
    }

    public static function sentinel(string $name, Server $sentinel): \Closure|\Predis\Client
    {
        if ($name === 'Predis') {
            $options = ['replication' => 'sentinel', 'service' => 'mymaster'];
            return new \Predis\Client(["tcp://127.0.0.1:{$sentinel->port}"], $options);
        }
        return static function () use ($sentinel): \Redis {
            $finder = new \RedisSentinel('127.0.0.1', $sentinel->port);
            [$host, $port] = $finder->getMasterAddrByName('mymaster');
            $redis = new \Redis();
            $redis->connect($host, (int) $port);
            return $redis;
        };
    }
}
