<?php

// A user's sessions: lists them and ends them. Ask the container for it.

declare(strict_types=1);

namespace SessionsForRedis\Laravel;

use Illuminate\Contracts\Session\Session;
use Illuminate\Http\Request;
use Illuminate\Session\SessionManager as LaravelManager;
use SessionsForRedis\Sessions;

final class UserSessions
{
    public function __construct(private readonly LaravelManager $manager)
    {
    }

    /** The commands, for everything that the store does not do. */
    public function sessions(): Sessions
    {
        return $this->handler()->sessions();
    }

    /**
     * A user's sessions, most recently active first, without their data.
     *
     * @return list<array<string, mixed>>
     */
    public function sessionsOf(string|int $id): array
    {
        return $this->handler()->sessionsOf($id);
    }

    /** Ends the other sessions of this session's user; returns how many. */
    public function endOthers(Request|Session $of): int
    {
        $session = self::session($of);
        return $this->handler()->endOthers($session->getId(), $session->all());
    }

    /** Ends all sessions of a user, or the one with a sid; returns how many. */
    public function endAll(string|int $id, ?string $only = null): int
    {
        return $this->handler()->endAll($id, $only);
    }

    /** The `sid` that the lists show for this session. */
    public function sidOf(Request|Session $of): string
    {
        return $this->handler()->sidOf(self::session($of)->getId());
    }

    private static function session(Request|Session $of): Session
    {
        return $of instanceof Session ? $of : $of->session();
    }

    private function handler(): SessionHandler
    {
        return $this->manager->driver('sessions')->getHandler();
    }
}
