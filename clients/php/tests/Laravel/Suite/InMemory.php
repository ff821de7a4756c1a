<?php

declare(strict_types=1);

namespace SessionsForRedis\Tests\Laravel\Suite;

use Carbon\Carbon;
use SessionsForRedis\Laravel\Serialization;

/** The handler in memory: texts are stored as one key. */
final class InMemory implements \SessionHandlerInterface
{
    private readonly Ours $ours;

    /** @var array<string, int> when each was written, by the tests' clock */
    private array $written = [];

    public function __construct(int $minutes)
    {
        $this->ours = new Ours(Serialization::Json, $minutes * 60);
    }

    public function open(string $path, string $name): bool
    {
        return $this->ours->handler->open($path, $name);
    }

    public function close(): bool
    {
        return $this->ours->handler->close();
    }

    public function gc(int $max_lifetime): int
    {
        return $this->ours->handler->gc($max_lifetime);
    }

    public function read(string $id): string
    {
        $idle = Carbon::now()->getTimestamp() - ($this->written[$id] ?? 0);
        $key = "rs:{$this->ours->sessions->app}:" . hash('sha256', $id);
        if ($this->ours->client->exists($key)) {
            $this->ours->client->hSet($key, 'la', (string) (time() - $idle));
        }
        return json_decode($this->ours->handler->read($id), true)['text'] ?? '';
    }

    public function write(string $id, string $data): bool
    {
        $this->written[$id] = Carbon::now()->getTimestamp();
        return $this->ours->handler->write($id, json_encode(['text' => $data]));
    }

    public function destroy(string $id): bool
    {
        return $this->ours->handler->destroy($id);
    }
}
