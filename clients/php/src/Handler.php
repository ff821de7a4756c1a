<?php

// PHP's session handler: session_start(), $_SESSION and session_regenerate_id() over the module.
//
// The meaning of a call depends on the order of PHP's calls. At a start: open, validateId, then
// create_sid if the id is not valid, read. At session_regenerate_id(true): destroy, close, open,
// create_sid, validateId, read; with false, write instead of destroy. At session_destroy():
// destroy, close. validateId reads the session for the read that follows, so that a request costs
// one round trip.

declare(strict_types=1);

namespace SessionsForRedis;

use SessionsForRedis\Exceptions\InvalidDataException;
use SessionsForRedis\Stores\CookieForm;
use SessionsForRedis\Stores\Device;
use SessionsForRedis\Stores\Former;
use SessionsForRedis\Stores\Keeper;
use SessionsForRedis\Stores\Loaded;
use SessionsForRedis\Stores\Options;
use SessionsForRedis\Stores\Renewal;

final class Handler implements
    \SessionHandlerInterface,
    \SessionIdInterface,
    \SessionUpdateTimestampHandlerInterface
{
    /** Seconds for which session_regenerate_id(false) leaves the old session. */
    public const GRACE = 10;

    private const SETTINGS = ['session.use_strict_mode' => '1', 'session.serialize_handler' => 'php_serialize'];

    /** The session that is open, and the one that was open last. */
    private ?Loaded $loaded = null;
    private ?Loaded $last = null;

    /**
     * What validateId has found, or create_sid has generated, for the read that follows. The key is
     * PHP's id.
     */
    private ?Loaded $prepared = null;
    private ?string $preparedId = null;

    /** Why the session cannot be read. */
    private ?\Exception $failure = null;

    /** The id that the next create_sid returns. */
    private ?string $movedId = null;

    /** A change of the session's id, or its end, that is in progress. */
    private ?Renewal $renewal = null;

    /** Whether the next close, and then the next open, belong to session_regenerate_id(). */
    private bool $isRenewing = false;
    private bool $isReopening = false;

    private function __construct(
        private readonly Keeper $keeper,
        private readonly CookieForm $cookies,
        private readonly \Closure|string $ip,
        private readonly ?Former $former,
    ) {
    }

    /**
     * Installs this handler for PHP's sessions. Call it before session_start().
     *
     * @param \Redis|\RedisCluster|\Predis\ClientInterface|\Closure $client your own client, or a
     *     Closure that returns it when a session is read
     * @param string $app the namespace of the sessions: 1 to 64 of `A-Z a-z 0-9 _ -`
     * @param int|(callable(array<mixed>): int)|null $ttl seconds without use after which a session
     *     ends, or a function of its data; by default session.gc_maxlifetime
     * @param ?int $lifetime seconds after which a session ends even if it is in use, counted from
     *     its start and from a log-in
     * @param (callable(array<mixed>): (string|int|null))|null $id returns the id of the session's
     *     user from the data
     * @param ?int $max the maximum number of sessions per user: a log-in ends the least recently
     *     active ones
     * @param bool $reject refuse the log-in instead, with LimitException
     * @param bool $merge whether a request stores only the keys that it has changed
     * @param (callable(string): void)|'error'|null $ended called with the sid of a session that had
     *     ended before it was written; 'error': throw a SessionsException with the code ENDED
     * @param string $cookie the form of the cookie's value: `token`, `sha256` or `signed`
     * @param string|list<string>|null $secret for `signed`: the secrets of express-session; the
     *     first one signs
     * @param (callable(): ?string)|string $ip the name in $_SERVER that holds the client's address,
     *     or a function
     * @param ?string $from the prefix of the keys of the previous session handler, for phpredis
     *     `PHPREDIS_SESSION:`: a session that is unknown here is moved from there, so that no user
     *     is logged out
     */
    public static function register(
        mixed $client,
        string $app,
        int|callable|null $ttl = null,
        ?int $lifetime = null,
        ?callable $id = null,
        ?int $max = null,
        bool $reject = false,
        bool $merge = true,
        callable|string|null $ended = null,
        string $cookie = CookieForm::TOKEN,
        #[\SensitiveParameter] string|array|null $secret = null,
        callable|string $ip = 'REMOTE_ADDR',
        ?string $from = null,
    ): self {
        if (session_status() === PHP_SESSION_ACTIVE) {
            throw new \LogicException('a session has already been started: session.auto_start must be off');
        }
        foreach (self::SETTINGS as $name => $value) {
            ini_set($name, $value);
        }
        self::checkSettings();
        $ttl ??= static fn (): int => max(1, (int) ini_get('session.gc_maxlifetime'));
        $options = new Options($ttl, $lifetime, $id, $max, $reject, $merge, $ended);
        $keeper = new Keeper($client, $app, $options);
        $former = $from === null ? null : new Former($keeper, $from);
        $address = is_string($ip) ? $ip : $ip(...);
        $handler = new self($keeper, CookieForm::of($cookie, $secret), $address, $former);
        if (!session_set_save_handler($handler, true)) {
            throw new \LogicException('PHP did not accept the session handler: register it before any output');
        }
        return $handler;
    }

    private static function checkSettings(): void
    {
        foreach (self::SETTINGS as $name => $value) {
            if (ini_get($name) !== $value) {
                throw new \LogicException("$name must be $value");
            }
        }
    }

    /** The commands, for everything that the session handler does not do. */
    public function sessions(): Sessions
    {
        return $this->keeper->sessions();
    }

    public function open(string $path, string $name): bool
    {
        self::checkSettings();
        if (!$this->isReopening) {
            // Removes what a failed request has left: in a worker, it must not reach the next
            // visitor.
            $this->reset();
        }
        $this->isReopening = false;
        return true;
    }

    public function validateId(#[\SensitiveParameter] string $id): bool
    {
        if ($id === $this->preparedId) {
            // create_sid has just generated it, and PHP asks whether another session has it.
            return false;
        }
        try {
            return $this->isStored($id);
        } catch (\Exception $exception) {
            // If the failure were thrown here, PHP would call create_sid and throw its own error.
            // So read throws it.
            $this->failure = $exception;
            return true;
        }
    }

    private function isStored(#[\SensitiveParameter] string $id): bool
    {
        $token = $this->cookies->token($id);
        if ($token === null) {
            return $this->isMovedTo($this->cookies->draw(), $id);
        }
        $found = $this->keeper->load($token) ?? $this->former?->move($id, $token, $this->device());
        $this->prepare($id, $found ?? $this->keeper->fresh($token));
        return $found !== null;
    }

    /**
     * A session of the previous handler, whose id has no signature: create_sid returns a signed id,
     * which PHP sets as the cookie.
     */
    private function isMovedTo(#[\SensitiveParameter] string $id, #[\SensitiveParameter] string $former): bool
    {
        $token = (string) $this->cookies->token($id);
        $found = $this->former?->moveTo($token, $former, $this->device());
        if ($found !== null) {
            $this->prepare($this->movedId = $id, $found);
        }
        return false;
    }

    private function prepare(#[\SensitiveParameter] string $id, Loaded $loaded): void
    {
        $this->preparedId = $id;
        $this->prepared = $loaded;
    }

    // phpcs:ignore PSR1.Methods.CamelCapsMethodName -- PHP's own name
    public function create_sid(): string
    {
        if ($this->movedId !== null) {
            [$id, $this->movedId] = [$this->movedId, null];
            return $id;
        }
        try {
            $rotated = $this->cookies->isToken() ? $this->renewal?->rotate($this->device()) : null;
        } catch (\Exception $exception) {
            // If the failure were thrown here, PHP would throw its own error. So read throws it.
            // The session stays under its old id.
            $this->failure = $exception;
            $this->renewal = $rotated = null;
        }
        if ($rotated !== null) {
            $this->renewal = null;
            $this->prepare($rotated->token, $rotated);
            return $rotated->token;
        }
        $id = $this->cookies->draw();
        $this->prepare($id, $this->keeper->fresh((string) $this->cookies->token($id)));
        return $id;
    }

    public function read(#[\SensitiveParameter] string $id): string
    {
        if ($this->failure !== null) {
            [$failure, $this->failure] = [$this->failure, null];
            throw $failure;
        }
        $this->loaded = $this->opened($id);
        $this->prepared = $this->preparedId = null;
        $data = $this->loaded->isNew ? [] : $this->loaded->data;
        if ($data === []) {
            return '';
        }
        $text = serialize($data);
        if (!in_array(ini_get('serialize_precision'), ['-1', '17'], true)) {
            // PHP rounds numbers here as it does at the end, so the rounding is not a change.
            $this->loaded->data = self::arrays($text);
        }
        return $text;
    }

    /**
     * The session that validateId or create_sid has prepared for PHP's id, otherwise the stored
     * one.
     */
    private function opened(#[\SensitiveParameter] string $id): Loaded
    {
        if ($id === $this->preparedId && $this->prepared !== null) {
            return $this->prepared;
        }
        $token = $this->tokenOf($id);
        return $this->keeper->load($token) ?? $this->keeper->fresh($token);
    }

    /** An id that no session of this app can have counts as a new one. */
    private function tokenOf(#[\SensitiveParameter] string $id): string
    {
        return $this->cookies->token($id) ?? hash('sha256', $id);
    }

    /** The session that was read. */
    private function known(#[\SensitiveParameter] string $id): Loaded
    {
        $token = $this->tokenOf($id);
        return $this->loaded?->token === $token ? $this->loaded : $this->opened($id);
    }

    public function write(#[\SensitiveParameter] string $id, #[\SensitiveParameter] string $data): bool
    {
        $arrays = self::arrays($data);
        if (self::isInRegenerate()) {
            // PHP would store the data under the old id, but the session continues with the data
            // under its new id.
            $this->renew(new Renewal($this->keeper, $this->known($id), self::GRACE, $arrays));
            return true;
        }
        $loaded = $this->known($id);
        [$renewal, $this->renewal] = [$this->renewal, null];
        $renewal === null
            ? $this->keeper->write($loaded, $arrays, $this->device())
            : $renewal->replace($loaded, $arrays, $this->device());
        // Also true for a session that has ended: the page exists, and nothing was stored.
        return true;
    }

    public function updateTimestamp(#[\SensitiveParameter] string $id, #[\SensitiveParameter] string $data): bool
    {
        if ($this->renewal !== null) {
            return $this->write($id, $data);
        }
        $this->keeper->refresh($this->known($id), self::arrays($data));
        return true;
    }

    /**
     * Only marks the session: it continues under a new id if one is generated next; otherwise close
     * ends it.
     */
    public function destroy(#[\SensitiveParameter] string $id): bool
    {
        $this->renew(new Renewal($this->keeper, $this->known($id)));
        return true;
    }

    private function renew(Renewal $renewal): void
    {
        $this->isRenewing = self::isInRegenerate();
        // The open session may have a new id that is not stored yet. Then the session before it
        // gets another id, or ends.
        $this->renewal = match (true) {
            $this->renewal === null => $renewal,
            $this->isRenewing => $this->renewal,
            default => $this->renewal->ending(),
        };
    }

    /**
     * PHP also closes and opens the handler between an old id and a new id. Only the call stack
     * shows whether session_regenerate_id() is running.
     */
    private static function isInRegenerate(): bool
    {
        foreach (debug_backtrace(DEBUG_BACKTRACE_IGNORE_ARGS) as $frame) {
            if ($frame['function'] === 'session_regenerate_id' && !isset($frame['class'])) {
                return true;
            }
        }
        return false;
    }

    public function close(): bool
    {
        $this->last = $this->loaded ?? $this->last;
        [$renewal, $this->isReopening] = [$this->renewal, $this->isRenewing];
        $this->reset();
        if ($this->isReopening) {
            $this->renewal = $renewal;
        } else {
            $renewal?->abandon($this->device());
        }
        return true;
    }

    private function reset(): void
    {
        $this->loaded = $this->prepared = $this->preparedId = $this->movedId = $this->failure = $this->renewal = null;
        $this->isRenewing = false;
    }

    /** The server removes timed-out sessions. */
    public function gc(int $max_lifetime): int
    {
        return 0;
    }

    private static function arrays(#[\SensitiveParameter] string $data): array
    {
        $arrays = $data === '' ? [] : @unserialize($data, ['allowed_classes' => false]);
        return is_array($arrays)
            ? $arrays
            : throw new InvalidDataException('session data: not in the format php_serialize', 'DATA');
    }

    private function device(): Device
    {
        $ip = is_string($this->ip) ? $_SERVER[$this->ip] ?? null : ($this->ip)();
        return Device::of($ip, $_SERVER['HTTP_USER_AGENT'] ?? null);
    }

    /**
     * The session of PHP's current id, also after it was closed. In a worker, an earlier session
     * belongs to another visitor.
     */
    private function current(): ?Loaded
    {
        $id = (string) session_id();
        return $this->loaded ?? ($id !== '' && $this->last?->token === $this->tokenOf($id) ? $this->last : null);
    }

    /**
     * The sid of this request's session, as in the list of a user's sessions; null if none was
     * opened.
     */
    public function sid(): ?string
    {
        $loaded = $this->current();
        return $loaded === null ? null : Keeper::sid($loaded->presentToken ?? $loaded->token);
    }

    /**
     * A user's sessions, most recently active first.
     *
     * @return list<array<string, mixed>>
     */
    public function sessionsOf(string|int $id): array
    {
        return $this->keeper->sessionsOf($id);
    }

    /** Ends the other sessions of this request's user; returns how many. */
    public function endOthers(): int
    {
        $loaded = $this->current();
        $owner = $loaded === null ? null : $this->keeper->ownerOf($_SESSION ?? []) ?? $loaded->storedId;
        return $owner === null || $owner === '' ? 0 : $this->keeper->endOthers($loaded->token, $owner);
    }

    /** Ends all sessions of a user, or the one with a sid; returns how many. */
    public function endAll(string|int $id, ?string $only = null): int
    {
        return $this->keeper->endAll($id, $only);
    }

    /** Omits the client and the token. */
    public function __debugInfo(): array
    {
        return ['app' => $this->keeper->app()];
    }
}
