<?php

declare(strict_types=1);

namespace SessionsForRedis\Tests\Laravel\Suite;

use SessionsForRedis\Laravel\Serialization;
use SessionsForRedis\Laravel\SessionHandler;
use SessionsForRedis\Sessions;
use SessionsForRedis\Stores\CookieForm;
use SessionsForRedis\Stores\Keeper;
use SessionsForRedis\Stores\Options;
use SessionsForRedis\Tests\Support\Clients;
use SessionsForRedis\Tests\Support\Server;

/** One app of the server, and our handler on it. */
final class Ours
{
    public readonly \Redis $client;
    public readonly Sessions $sessions;
    public readonly SessionHandler $handler;

    public function __construct(Serialization $serialization, int $ttl = 600)
    {
        $this->client = Clients::connect('phpredis', Server::shared());
        $keeper = new Keeper($this->client, Clients::newApp(), new Options($ttl));
        $this->sessions = $keeper->sessions();
        $this->handler = new SessionHandler($keeper, CookieForm::of('sha256'), $serialization);
    }

    public function stored(string $id): ?array
    {
        return $this->sessions->peek(hash('sha256', $id))['d'] ?? null;
    }
}
