<?php

// Asks a site over connections that stay open, as many at once.

declare(strict_types=1);

namespace SessionsForRedis\Bench;

use SessionsForRedis\Tests\Support\Site;

final class Load
{
    private const CONNECTIONS = 16;

    /** @var list<resource> */
    private array $streams = [];

    /** @var list<string> */
    private array $cookies = [];

    public function __construct(private readonly Site $site)
    {
        for ($n = 0; $n < 500; $n++) {
            $browser = $site->browser();
            $browser->get('/change');
            $this->cookies[] = (string) $browser->session();
        }
        for ($n = 0; $n < self::CONNECTIONS; $n++) {
            $this->streams[] = stream_socket_client($site->address);
        }
    }

    private function send(int $connection, string $path, int $n): void
    {
        $cookie = $this->cookies[$n % count($this->cookies)];
        fwrite($this->streams[$connection], "GET $path HTTP/1.1\r\nHost: x\r\nCookie: PHPSESSID=$cookie\r\n\r\n");
    }

    /** @return array{float, float} requests a second and the 99th percentile in milliseconds */
    public function measure(string $path, int $milliseconds): array
    {
        [$taken, $began, $under, $sent] = [[], [], array_fill(0, self::CONNECTIONS, ''), 0];
        $begin = hrtime(true);
        $end = $begin + $milliseconds * 1_000_000;
        foreach (array_keys($this->streams) as $connection) {
            $began[$connection] = hrtime(true);
            $this->send($connection, $path, $sent++);
        }
        $open = $this->streams;
        while ($open !== []) {
            [$ready, $none] = [$open, null];
            stream_select($ready, $none, $none, 10);
            foreach ($ready as $connection => $stream) {
                $read = fread($stream, 65536);
                if ((string) $read === '') {
                    throw new \RuntimeException('nginx has closed a connection');
                }
                $under[$connection] .= $read;
                if (!str_ends_with($under[$connection], "0\r\n\r\n")) {
                    continue;
                }
                if (!str_contains($under[$connection], "200 OK")) {
                    throw new \RuntimeException($under[$connection]);
                }
                $now = hrtime(true);
                $taken[] = $now - $began[$connection];
                $under[$connection] = '';
                $began[$connection] = $now;
                if ($now < $end) {
                    $this->send($connection, $path, $sent++);
                } else {
                    unset($open[$connection]);
                }
            }
        }
        $seconds = (hrtime(true) - $begin) / 1e9;
        sort($taken);
        return [count($taken) / $seconds, $taken[(int) (count($taken) * 0.99)] / 1e6];
    }
}
