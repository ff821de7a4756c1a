<?php

// A browser at a Symfony site: it sends steps for the controller to play, and keeps the session's
// cookie.

declare(strict_types=1);

namespace SessionsForRedis\Tests\Symfony;

use SessionsForRedis\Tests\Support\Clients;
use SessionsForRedis\Tests\Support\Server;
use SessionsForRedis\Tests\Support\Wait;

final class Browser
{
    private static int $held = 0;

    public ?string $session = null;

    /** @var list<string> the cookies that the last response has set */
    public array $cookies = [];

    public function __construct(private readonly Site $site)
    {
    }

    /** The token under which the session is stored. */
    public function token(): string
    {
        return hash('sha256', (string) $this->session);
    }

    public function stored(): ?array
    {
        return $this->site->commands()->peek($this->token());
    }

    /**
     * Plays the steps in one request; returns what the last one has returned.
     *
     * @param list<mixed> $steps
     */
    public function play(array ...$steps): mixed
    {
        return $this->start($steps)();
    }

    /** Plays the first step, and holds the request; what is returned plays the others. */
    public function hold(array ...$steps): \Closure
    {
        $key = 'held' . self::$held++ . "-{$this->site->app}";
        $response = $this->start([array_shift($steps), ['waitFor', $key], ...$steps]);
        $redis = Clients::connect('phpredis', Server::shared());
        Wait::until('the request is held', static fn (): bool => (bool) $redis->exists("$key:waits"));
        return static function () use ($redis, $key, $response): mixed {
            $redis->set($key, '1');
            return $response();
        };
    }

    private function start(array $steps): \Closure
    {
        $stream = stream_socket_client($this->site->address, $code, $error, 10);
        $body = json_encode($steps, JSON_THROW_ON_ERROR);
        $cookie = $this->session === null ? '' : 'Cookie: sid=' . rawurlencode($this->session) . "\r\n";
        $length = strlen($body);
        fwrite($stream, "POST / HTTP/1.0\r\nHost: shop.test\r\nUser-Agent: test\r\nX-Forwarded-For: 203.0.113.7\r\n" .
            "{$cookie}Content-Type: application/json\r\nContent-Length: $length\r\n\r\n$body");
        return fn (): mixed => $this->finish($stream);
    }

    /** @param resource $stream */
    private function finish($stream): mixed
    {
        stream_set_timeout($stream, 60);
        [$head, $text] = explode("\r\n\r\n", (string) stream_get_contents($stream), 2) + ['', ''];
        fclose($stream);
        preg_match_all('/^Set-Cookie: sid=([^;\r]*).*$/mi', $head, $set);
        $this->cookies = $set[1];
        foreach ($set[1] as $value) {
            $this->session = in_array($value, ['', 'deleted'], true) ? null : rawurldecode($value);
        }
        $played = json_decode($text, true);
        if (!is_array($played) || isset($played['error'])) {
            throw new \RuntimeException($played['error'] ?? "$head $text");
        }
        return end($played);
    }
}
