<?php

// A browser that keeps its cookies and can have several requests in progress.

declare(strict_types=1);

namespace SessionsForRedis\Tests\Support;

final class Browser
{
    /** @var array<string, string> */
    public array $cookies = [];

    /** @var array<string, string> */
    public array $headers = [];

    public function __construct(private readonly Site $site)
    {
    }

    /** @return array{status: int, text: string, cookies: list<string>} */
    public function get(string $path): array
    {
        return $this->start($path)();
    }

    public function json(string $path): mixed
    {
        $response = $this->get($path);
        if ($response['status'] !== 200) {
            throw new \RuntimeException("$path: {$response['status']} {$response['text']}");
        }
        return json_decode($response['text'], true, 512, JSON_THROW_ON_ERROR);
    }

    public function session(): ?string
    {
        return $this->cookies['PHPSESSID'] ?? null;
    }

    /** Sends a request; what is returned waits for the response. */
    public function start(string $path): \Closure
    {
        $stream = @stream_socket_client($this->site->address, $code, $error, 10);
        if ($stream === false) {
            throw new \RuntimeException($error);
        }
        $pairs = array_map(
            static fn (string $name, string $value): string => "$name=" . rawurlencode($value),
            array_keys($this->cookies),
            $this->cookies,
        );
        $headers = $this->headers + ['Host' => 'shop.test', 'User-Agent' => 'test', 'Connection' => 'close'];
        $headers += $pairs === [] ? [] : ['Cookie' => implode('; ', $pairs)];
        $lines = array_map(static fn ($name, $value): string => "$name: $value", array_keys($headers), $headers);
        fwrite($stream, "GET $path HTTP/1.0\r\n" . implode("\r\n", $lines) . "\r\n\r\n");
        return fn (): array => $this->finish($stream);
    }

    /** @param resource $stream */
    private function finish($stream): array
    {
        stream_set_timeout($stream, 60);
        [$head, $text] = explode("\r\n\r\n", (string) stream_get_contents($stream), 2) + ['', ''];
        fclose($stream);
        preg_match_all('/^Set-Cookie: (([^=]+)=([^;\r]*).*)$/mi', $head, $set, PREG_SET_ORDER);
        foreach ($set as [, , $name, $value]) {
            $this->cookies[$name] = rawurldecode($value);
            if ($value === '' || $value === 'deleted') {
                unset($this->cookies[$name]);
            }
        }
        $status = preg_match('~^HTTP/\S+ (\d+)~', $head, $found) ? (int) $found[1] : 0;
        return ['status' => $status, 'text' => $text, 'cookies' => array_column($set, 1)];
    }
}
