<?php

// The common part of all stores: it reads a session, remembers what was read, and later stores what
// differs. A session that has ended stays ended, and simultaneous requests that change different
// keys lose nothing.

declare(strict_types=1);

namespace SessionsForRedis\Stores;

use SessionsForRedis\Commands;
use SessionsForRedis\Data\Json;
use SessionsForRedis\Exceptions\SessionsException;
use SessionsForRedis\Sessions;

final class Keeper
{
    private const LONGEST = 315_360_000;

    private readonly Commands $commands;
    private ?Sessions $sessions = null;
    private ?Rewriting $rewriting = null;
    private bool $isChecked = false;

    /** @param \Redis|\RedisCluster|\Predis\ClientInterface|\Closure $client */
    public function __construct(mixed $client, string $app, private readonly Options $options)
    {
        $this->commands = new Commands($client, $app);
        if ($this->commands->sender->isKnown()) {
            $this->commands();
        }
    }

    /** The commands. Checks whether the options fit the client. */
    public function commands(): Commands
    {
        if (!$this->isChecked && $this->options->id !== null && $this->commands->sender->isCluster()) {
            $this->options->checkForCluster();
        }
        $this->isChecked = true;
        return $this->commands;
    }

    public function app(): string
    {
        return $this->commands->app;
    }

    /** The commands for programs. Most requests do not use them, and do not load their class. */
    public function sessions(): Sessions
    {
        return $this->sessions ??= new Sessions($this->commands, $this->commands->app);
    }

    /** Reads a session, which refreshes it; null if there is none. */
    public function load(#[\SensitiveParameter] string $token): ?Loaded
    {
        return $this->loaded($token, $this->commands()->get($token));
    }

    private function loaded(#[\SensitiveParameter] string $token, #[\SensitiveParameter] ?string $reply): ?Loaded
    {
        if ($reply === null) {
            return null;
        }
        $loaded = Loaded::read($token, $reply);
        $loaded->owner = $this->ownerOf($loaded->data);
        return $loaded;
    }

    /** A session that does not exist yet. */
    public function fresh(#[\SensitiveParameter] string $token): Loaded
    {
        return new Loaded($token);
    }

    /** The user of the session by its data. */
    public function ownerOf(#[\SensitiveParameter] array $data): ?string
    {
        $id = $this->options->id === null ? null : ($this->options->id)($data);
        return (is_string($id) && $id !== '') || is_int($id) ? (string) $id : null;
    }

    /** Seconds until the session ends if it is not used. */
    public function ttl(#[\SensitiveParameter] array $data): int
    {
        $ttl = $this->options->ttl;
        $seconds = $ttl instanceof \Closure ? $ttl($data) : $ttl;
        return is_int($seconds)
            ? min($seconds, self::LONGEST)
            : throw new \InvalidArgumentException('ttl must be a whole number of seconds');
    }

    /** Seconds until a session ends even if it is used. */
    public function lifetime(): ?int
    {
        return $this->options->lifetime;
    }

    public function end(#[\SensitiveParameter] string $token): bool
    {
        return $this->commands->kill($token);
    }

    /**
     * Extends the session to its ttl from now. Reading has refreshed it, so often nothing is sent.
     */
    public function refresh(Loaded $loaded, #[\SensitiveParameter] array $data): bool
    {
        $ttl = $this->ttl($data);
        if ($ttl < 1) {
            return $this->end($loaded->token);
        }
        if ($loaded->isNew || $loaded->isFixed || $ttl === $loaded->ttl) {
            return true;
        }
        $loaded->ttl = $ttl;
        return $this->commands->touch($loaded->token, ['ttl' => $ttl]) || $this->ended($loaded);
    }

    /**
     * Stores the data of a session that was read or is new. Returns false if the session has ended;
     * then nothing is stored.
     */
    public function write(Loaded $loaded, #[\SensitiveParameter] array $data, Device $device): bool
    {
        if ($this->ttl($data) < 1) {
            return $this->end($loaded->token);
        }
        if ($loaded->isNew) {
            return $this->create($loaded, $data, $device);
        }
        if ($loaded->hasNewToken) {
            $loaded->leaveIfEmptied($data);
        }
        $owner = $this->ownerOf($data);
        if ($data === $loaded->data && $owner === $loaded->owner) {
            return $this->refresh($loaded, $data);
        }
        $changed = $loaded->changes($data);
        $hasNull = in_array('null', $changed, true);
        $isWhole = $owner !== $loaded->owner || $hasNull || $data === [] || !$this->options->merge;
        $isAlive = $isWhole
            ? $this->rewriting()->write($loaded, $data, $changed, $device)
            : $this->merge($loaded, $data, $changed);
        if (!$isAlive) {
            return $this->ended($loaded);
        }
        $loaded->data = $data;
        $loaded->owner = $owner;
        return true;
    }

    private function rewriting(): Rewriting
    {
        return $this->rewriting ??= new Rewriting($this, $this->options);
    }

    private function create(Loaded $loaded, #[\SensitiveParameter] array $data, Device $device): bool
    {
        // Values that come unchanged from a session that has ended are not stored again.
        $texts = array_filter($loaded->changes($data), is_string(...));
        $kept = array_intersect_key($data, $texts);
        if ($kept === []) {
            // A visitor without data gets no stored session.
            return $loaded->data === [] || $this->ended($loaded);
        }
        $owner = $this->ownerOf($kept);
        $this->store($loaded, $texts, $this->ttl($data), $this->logIn($owner, $device), $this->options->lifetime);
        $loaded->storedId = $owner ?? '';
        $loaded->data = $kept;
        $loaded->owner = $owner;
        return true;
    }

    /**
     * Stores a session that does not exist yet.
     *
     * @param array<string> $texts the JSON text of each key
     * @param array<string, mixed> $options of SAVE
     */
    public function store(
        Loaded $loaded,
        #[\SensitiveParameter] array $texts,
        int $ttl,
        array $options,
        ?int $lifetime,
    ): void {
        $options += ['nx' => true, 'ttl' => $ttl, 'lifetime' => $lifetime];
        if ($this->commands()->save($loaded->token, Json::joined($texts), $options) === 0) {
            throw new SessionsException('a session with this session id already exists', 'EXISTS');
        }
        $loaded->isNew = false;
        $loaded->w = 1;
        $loaded->ttl = $ttl;
        $loaded->stored($texts);
    }

    /**
     * Options with the client's address and user agent, and with the user of the session.
     *
     * @return array<string, mixed>
     */
    public function logIn(?string $owner, Device $device): array
    {
        $options = ['ip' => $device->ip, 'ua' => $device->ua];
        if ($owner !== null) {
            $options += ['id' => $owner, 'max' => $this->options->max, 'reject' => $this->options->reject];
        }
        return $options;
    }

    /**
     * Options that change the user of a session.
     *
     * @return array<string, mixed>
     */
    public function changeOwner(?string $from, ?string $to, Device $device): array
    {
        return match ($to) {
            $from => [],
            null => ['id' => null],
            default => $this->logIn($to, $device) + ['lifetime' => $this->options->lifetime],
        };
    }

    /** @param array<?string> $changed */
    private function merge(
        Loaded $loaded,
        #[\SensitiveParameter] array $data,
        #[\SensitiveParameter] array $changed,
    ): bool {
        $options = ['ifId' => $loaded->storedId];
        $ttl = $this->ttl($data);
        if (!$loaded->isFixed && $ttl !== $loaded->ttl) {
            $options['ttl'] = $ttl;
        }
        $reply = $this->commands()->set($loaded->token, self::merged($changed), $options);
        if ($reply === null) {
            return false;
        }
        $w = $loaded->replied($reply);
        $loaded->w = $loaded->w !== null && $w === $loaded->w + 1 ? $w : null;
        $loaded->ttl = $options['ttl'] ?? $loaded->ttl;
        return true;
    }

    /**
     * The JSON text of changes for SET and ROTATE: null for a key that was removed.
     *
     * @param array<?string> $changed
     */
    public static function merged(#[\SensitiveParameter] array $changed): string
    {
        return Json::joined(array_map(static fn (?string $text): string => $text ?? 'null', $changed));
    }

    /**
     * The session as it is stored now, if it still belongs to the same user as when it was read.
     */
    public function peek(Loaded $loaded): ?Loaded
    {
        $now = $this->loaded($loaded->token, $this->commands()->peek($loaded->token));
        return $now?->storedId === $loaded->storedId ? $now : null;
    }

    /**
     * @param array<?string> $changed
     * @param array<string> $texts
     * @return array<string>
     */
    public static function applied(#[\SensitiveParameter] array $changed, #[\SensitiveParameter] array $texts): array
    {
        return array_filter(array_replace($texts, $changed), is_string(...));
    }

    /** Handles a write to a session that has ended. */
    public function ended(Loaded $loaded): bool
    {
        if ($this->options->ended === 'error') {
            throw new SessionsException('the session has ended', 'ENDED');
        }
        if ($this->options->ended !== null) {
            ($this->options->ended)(self::sid($loaded->token));
        }
        return false;
    }

    /** The sid names a session but gives no access to it. */
    public static function sid(#[\SensitiveParameter] string $token): string
    {
        return substr(hash('sha256', $token), 0, 16);
    }

    /**
     * A user's sessions, most recently active first.
     *
     * @return list<array<string, mixed>>
     */
    public function sessionsOf(string|int $id): array
    {
        return $this->sessions()->soid($id, ['noData' => true]);
    }

    /** Ends a user's other sessions; returns how many. */
    public function endOthers(#[\SensitiveParameter] string $token, string|int $id): int
    {
        return $this->sessions()->killSoid($id, ['except' => $token]);
    }

    /** Ends all sessions of a user, or the one with a sid; returns how many. */
    public function endAll(string|int $id, ?string $only = null): int
    {
        return $this->sessions()->killSoid($id, ['only' => $only]);
    }

    public function __debugInfo(): array
    {
        return ['app' => $this->app()];
    }
}
