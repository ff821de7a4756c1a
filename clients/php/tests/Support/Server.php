<?php

// Real servers with the module: each has its own folder and a Unix socket or free ports.

declare(strict_types=1);

namespace SessionsForRedis\Tests\Support;

final class Server
{
    private static ?self $shared = null;

    private function __construct(
        private readonly Child $child,
        public readonly string $folder,
        public readonly int $port,
    ) {
        Wait::until('the server replies', function (): bool {
            if (!$this->child->isRunning()) {
                throw new \RuntimeException('the server has ended: ' . $this->child->output());
            }
            return $this->isReady();
        });
    }

    private function isReady(): bool
    {
        try {
            return $this->ask('PING') === '+PONG';
        } catch (\RuntimeException) {
            return false;
        }
    }

    /** A server for all tests that need nothing of their own: the app's name separates them. */
    public static function shared(): self
    {
        return self::$shared ??= self::start();
    }

    /** @param list<string> $lines */
    public static function start(bool $hasModule = true, bool $hasPort = false, array $lines = []): self
    {
        $folder = Child::newFolder();
        $port = $hasPort ? self::freePorts(1)[0] : 0;
        $own = ['--port', (string) $port, '--unixsocket', "$folder/redis.sock", '--bind', '127.0.0.1', ...$lines];
        return new self(new Child(self::words($folder, $own, $hasModule), $folder), $folder, $port);
    }

    /** @return list<string> */
    private static function words(string $folder, array $lines, bool $hasModule): array
    {
        $module = getenv('SESSIONS_MODULE') ?: dirname(__DIR__, 4) . '/target/debug/libsessions.so';
        $common = ['--dir', $folder, '--logfile', "$folder/log", '--save', '', '--appendonly', 'no'];
        $loading = $hasModule ? ['--loadmodule', $module] : [];
        return [getenv('REDIS_SERVER') ?: 'redis-server', ...$common, ...$loading, ...$lines];
    }

    /** @return list<int> */
    public static function freePorts(int $count): array
    {
        $listeners = array_map(static fn () => stream_socket_server('tcp://127.0.0.1:0'), range(1, $count));
        $names = array_map(static fn ($listener) => stream_socket_get_name($listener, false), $listeners);
        return array_map(static fn (string $name): int => (int) substr($name, strrpos($name, ':') + 1), $names);
    }

    /**
     * A cluster of three primaries, each with a third of the hash slots.
     *
     * @return list<self>
     */
    public static function cluster(): array
    {
        $ports = self::freePorts(6);
        $nodes = [];
        foreach ([0, 1, 2] as $n) {
            $folder = Child::newFolder();
            $own = ['--port', (string) $ports[$n], '--bind', '127.0.0.1', '--cluster-enabled', 'yes'];
            array_push($own, '--cluster-port', (string) $ports[$n + 3], '--unixsocket', "$folder/redis.sock");
            $nodes[] = new self(new Child(self::words($folder, $own, true), $folder), $folder, $ports[$n]);
        }
        $bounds = [0, 5461, 10923, 16384];
        foreach ($nodes as $n => $node) {
            $node->ask("CLUSTER ADDSLOTSRANGE {$bounds[$n]} " . ($bounds[$n + 1] - 1));
            if ($n > 0) {
                $node->ask("CLUSTER MEET 127.0.0.1 {$ports[0]} {$ports[3]}");
            }
        }
        foreach ($nodes as $node) {
            Wait::until('all nodes know all slots', static function () use ($node): bool {
                $info = $node->ask('CLUSTER INFO');
                return str_contains($info, 'cluster_state:ok') && str_contains($info, 'cluster_known_nodes:3');
            });
        }
        return $nodes;
    }

    /** A sentinel that watches one server under the name `mymaster`. */
    public static function sentinel(self $watched): self
    {
        $folder = Child::newFolder();
        [$port] = self::freePorts(1);
        file_put_contents("$folder/sentinel.conf", implode("\n", [
            "port $port",
            'bind 127.0.0.1',
            "unixsocket $folder/redis.sock",
            "dir $folder",
            "sentinel monitor mymaster 127.0.0.1 {$watched->port} 1",
            '',
        ]));
        $words = [getenv('REDIS_SERVER') ?: 'redis-server', "$folder/sentinel.conf", '--sentinel'];
        $sentinel = new self(new Child($words, $folder), $folder, $port);
        Wait::until('the sentinel has found the server', static fn (): bool =>
            str_starts_with($sentinel->ask('SENTINEL ckquorum mymaster'), '+OK'));
        return $sentinel;
    }

    public function socket(): string
    {
        return "{$this->folder}/redis.sock";
    }

    /**
     * Sends one command, a line or its words, and returns what comes back within the first reply,
     * as text.
     */
    public function ask(string ...$words): string
    {
        $stream = @stream_socket_client("unix://{$this->socket()}", $code, $error, 5);
        if ($stream === false) {
            throw new \RuntimeException($error);
        }
        fwrite($stream, count($words) === 1 ? "$words[0]\r\n" : self::request($words));
        $first = (string) fgets($stream);
        $rest = $first !== '' && $first[0] === '$' && (int) substr($first, 1) > 0
            ? stream_get_contents($stream, (int) substr($first, 1))
            : '';
        fclose($stream);
        return trim($rest === '' ? $first : (string) $rest);
    }

    /** @param list<string> $words */
    private static function request(array $words): string
    {
        $texts = array_map(static fn (string $word): string => '$' . strlen($word) . "\r\n$word\r\n", $words);
        return '*' . count($words) . "\r\n" . implode('', $texts);
    }

    /**
     * What the server was asked while `run` ran, by name: how often.
     *
     * @return array<string, int>
     */
    public function asked(callable $run): array
    {
        $before = $this->calls();
        $run();
        $asked = [];
        foreach ($this->calls() as $name => $calls) {
            $since = $calls - ($before[$name] ?? 0);
            if ($since > 0 && !preg_match('/^(info|hello|client|select|ping|auth)/', $name)) {
                $asked[$name] = $since;
            }
        }
        ksort($asked);
        return $asked;
    }

    /** @return array<string, int> */
    private function calls(): array
    {
        preg_match_all('/^cmdstat_([\w.|]+):calls=(\d+)/m', $this->ask('INFO commandstats'), $found);
        return array_combine($found[1], array_map(intval(...), $found[2]));
    }

    public function stop(): void
    {
        $this->child->stop();
    }

    public function restart(): void
    {
        $this->child->start();
        Wait::until('the server replies', $this->isReady(...));
    }

    public function signal(int $number): void
    {
        $this->child->signal($number);
    }
}
