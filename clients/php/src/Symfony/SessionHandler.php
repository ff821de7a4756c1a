<?php

// Symfony's session handler: the value of `framework.session.handler_id`.
//
// Symfony puts a proxy before its handler, so that PHP generates the session ids. The handler
// remembers what it has read, and sends only the attributes that differ.

declare(strict_types=1);

namespace SessionsForRedis\Symfony;

use SessionsForRedis\Clients\Sender;
use SessionsForRedis\Data\PhpText;
use SessionsForRedis\Exceptions\InvalidDataException;
use SessionsForRedis\Handler;
use SessionsForRedis\Sessions;
use SessionsForRedis\Stores\CookieForm;
use SessionsForRedis\Stores\Device;
use SessionsForRedis\Stores\Keeper;
use SessionsForRedis\Stores\Loaded;
use SessionsForRedis\Stores\Moving;
use SessionsForRedis\Stores\Options;
use SessionsForRedis\Stores\Renewal;
use Symfony\Component\HttpFoundation\Session\SessionInterface;
use Symfony\Component\HttpFoundation\Session\Storage\Handler\AbstractSessionHandler;

final class SessionHandler extends AbstractSessionHandler
{
    private const NOTHING = 'a:0:{}';

    public readonly CookieForm $form;
    private readonly Keeper $keeper;
    private readonly Bags $bags;

    /** The address and the user agent of the request, from UserListener. */
    private ?Device $device = null;

    /** The session that is open. */
    private ?Loaded $loaded = null;

    /** The session whose id PHP is changing, and what happens to it. */
    private ?Loaded $old = null;
    private ?Renewal $renewal = null;

    /** Null: it does not say which user a session belongs to. */
    private readonly ?FirewallUser $user;

    /**
     * @param \Redis|\RedisCluster|\Predis\ClientInterface|\Closure $client your own client, or a
     *     Closure that returns it
     * @param string $app the namespace of the sessions: 1 to 64 of `A-Z a-z 0-9 _ -`
     * @param ?int $ttl seconds without use after which a session ends; `session.gc_maxlifetime` by
     *     default
     * @param ?int $lifetime seconds after which a session ends even if it is in use, counted from
     *     its start and from a log-in
     * @param callable|false|null $id returns the id of the session's user from the attributes; by
     *     default UserListener finds it; false: a session keeps its user
     * @param ?int $max the maximum number of sessions per user: a log-in ends the least recently
     *     active ones
     * @param bool $reject refuse the log-in instead, with LimitException
     * @param bool $merge whether a request stores only the keys that it has changed, so that
     *     simultaneous requests lose nothing
     * @param callable|'error'|null $ended called with the sid of a session that had ended before it
     *     was written; 'error': throw a SessionsException with the code ENDED
     * @param string $cookie `sha256`; another form is for sites of several languages and requires
     *     SessionProxy
     * @param string|list<string>|null $secret for the form `signed`: the secrets of express-session
     * @param ?\SessionHandlerInterface $from the previous handler: unknown sessions are moved from
     *     it
     * @param ?string $seal a secret of this site: the firewall's user is taken from the session
     *     only if this site has stored it
     */
    public function __construct(
        mixed $client,
        string $app,
        ?int $ttl = null,
        ?int $lifetime = null,
        callable|false|null $id = null,
        ?int $max = null,
        bool $reject = false,
        bool $merge = true,
        callable|string|null $ended = null,
        string $cookie = CookieForm::SHA256,
        #[\SensitiveParameter] string|array|null $secret = null,
        private readonly ?\SessionHandlerInterface $from = null,
        #[\SensitiveParameter] ?string $seal = null,
    ) {
        $this->bags = new Bags(new Security($seal));
        $isCluster = !$client instanceof \Closure && (new Sender($client))->isCluster();
        $this->user = $id === null && !$isCluster ? new FirewallUser() : null;
        $id ??= $this->user === null ? false : $this->user->ownerOf(...);
        $ttl ??= static fn (): int => max(1, (int) ini_get('session.gc_maxlifetime'));
        $options = new Options($ttl, $lifetime, $id ?: null, $max, $reject, $merge, $ended);
        $this->keeper = new Keeper($client, $app, $options);
        $this->form = CookieForm::of($cookie, $secret);
        // This fails while a session is open; open() checks the result.
        if (ini_get('session.serialize_handler') !== 'php_serialize') {
            @ini_set('session.serialize_handler', 'php_serialize');
        }
    }

    /** @internal called by UserListener */
    public function cameFrom(?string $ip, ?string $ua): void
    {
        $this->device = Device::of($ip, $ua);
    }

    private function device(): Device
    {
        return $this->device ?? Device::of($_SERVER['REMOTE_ADDR'] ?? null, $_SERVER['HTTP_USER_AGENT'] ?? null);
    }

    /**
     * @internal called by UserListener when the firewall has put its user into the attribute or
     *     removed it
     */
    public function belongsTo(string $attribute, ?string $user): void
    {
        $this->user?->is($attribute, $user);
    }

    /**
     * @param string $path
     * @param string $name
     */
    public function open($path, $name): bool
    {
        foreach (['serialize_handler' => 'php_serialize', 'use_strict_mode' => '1'] as $setting => $required) {
            if (ini_get("session.$setting") !== $required) {
                throw new \LogicException("SessionsForRedis requires session.$setting to be $required");
            }
        }
        if (!self::isInRegenerate()) {
            // Removes what a failed request has left: in a worker, it must not reach the next
            // visitor.
            $this->loaded = $this->old = $this->renewal = null;
        }
        return parent::open($path, $name);
    }

    /** PHP also closes between the old id and the new one. */
    public function close(): bool
    {
        if (!self::isInRegenerate()) {
            $this->renewal?->abandon($this->device());
            $this->renewal = $this->old = null;
        }
        return true;
    }

    /** @param int $lifetime */
    public function gc($lifetime): int
    {
        return 0;
    }

    protected function doRead(#[\SensitiveParameter] string $sessionId): string
    {
        $this->loaded = null;
        if ($this->renewal === null) {
            $this->user?->forget();
        }
        $token = $this->form->token($sessionId);
        if ($token === null) {
            return '';
        }
        $this->loaded = $this->keeper->load($token) ?? $this->moved($sessionId, $token) ?? $this->keeper->fresh($token);
        if ($this->loaded->isNew) {
            return '';
        }
        $used = time() - $this->loaded->idle;
        $session = $this->bags->session($this->loaded->data, $this->loaded->created, $used);
        // The data in the form that Symfony will store again.
        $this->loaded->data = $this->bags->data($session);
        return serialize($session);
    }

    /** Moves a session from the previous handler. */
    private function moved(#[\SensitiveParameter] string $sessionId, #[\SensitiveParameter] string $token): ?Loaded
    {
        $data = $this->before($sessionId);
        if ($data === []) {
            return null;
        }
        $take = function () use ($sessionId): bool {
            $wasThere = $this->before($sessionId) !== [];
            // Symfony's handlers remove the cookie, too, when they destroy a session.
            $this->from?->write($sessionId, self::NOTHING);
            return $wasThere;
        };
        return (new Moving($this->keeper))->move($token, $data, $this->device(), $take);
    }

    /** @return array<mixed> the session's data in the previous handler */
    private function before(#[\SensitiveParameter] string $sessionId): array
    {
        return $this->bags->moved(PhpText::read((string) $this->from?->read($sessionId)) ?? []);
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

    private function renew(?Loaded $old, ?int $grace = null, #[\SensitiveParameter] ?array $data = null): void
    {
        // A session that has a new id already, which is not stored yet, may get another one.
        if ($old !== null) {
            $this->old = $old;
            $this->renewal = new Renewal($this->keeper, $old, $grace, $data);
        }
    }

    /**
     * @param string $sessionId
     * @param string $data
     */
    public function write(#[\SensitiveParameter] $sessionId, #[\SensitiveParameter] $data): bool
    {
        // Symfony ends a session that was emptied; one that was stored empty stays.
        if ($data === self::NOTHING && $this->known($sessionId)?->data !== []) {
            $data = '';
        }
        return parent::write($sessionId, $data);
    }

    /** The stored session that was read under this id. */
    private function known(#[\SensitiveParameter] string $sessionId): ?Loaded
    {
        $isIt = $this->loaded !== null && $this->loaded->token === $this->form->token($sessionId);
        return $isIt && !$this->loaded->isNew ? $this->loaded : null;
    }

    /**
     * Also returns true for a session that has ended: then nothing is stored, and the response is
     * sent.
     */
    protected function doWrite(#[\SensitiveParameter] string $sessionId, #[\SensitiveParameter] string $data): bool
    {
        $session = @unserialize($data, ['allowed_classes' => false]);
        if (!is_array($session)) {
            throw new InvalidDataException('session data: not in the format php_serialize', 'DATA');
        }
        $data = $this->bags->data($session);
        if (self::isInRegenerate()) {
            // PHP would store the data under the old id, but the session continues with the data
            // under its new id.
            $this->renew($this->known($sessionId), Handler::GRACE, $data);
            return true;
        }
        $token = $this->form->token($sessionId);
        if ($token === null) {
            return true;
        }
        if ($this->loaded?->token !== $token) {
            $this->loaded = $this->keeper->fresh($token);
        }
        [$old, $renewal] = [$this->old, $this->renewal];
        $this->old = $this->renewal = null;
        $this->user?->compare($old ?? $this->loaded);
        $old?->leaveIfEmptied(array_diff_key($data, Bags::OWN));
        $renewal === null
            ? $this->keeper->write($this->loaded, $data, $this->device())
            : $renewal->replace($this->loaded, $data, $this->device());
        return true;
    }

    /**
     * Called instead of write if the text has not changed.
     *
     * @param string $id
     * @param string $data
     */
    public function updateTimestamp(#[\SensitiveParameter] $id, #[\SensitiveParameter] $data): bool
    {
        $loaded = $this->known($id);
        if ($loaded !== null) {
            $this->keeper->refresh($loaded, $loaded->data);
        }
        return true;
    }

    /** @param string $sessionId */
    public function destroy(#[\SensitiveParameter] $sessionId): bool
    {
        // The program ends a session that was to keep its old id for some seconds.
        $this->renewal = $this->renewal?->ending();
        return parent::destroy($sessionId);
    }

    protected function doDestroy(#[\SensitiveParameter] string $sessionId): bool
    {
        $token = $this->form->token($sessionId);
        if ($token === null) {
            return true;
        }
        if (self::isInRegenerate()) {
            $this->renew($this->known($sessionId));
            return true;
        }
        $this->keeper->end($token);
        $this->loaded = null;
        return true;
    }

    /** The commands, for everything that the session handler does not do. */
    public function sessions(): Sessions
    {
        return $this->keeper->sessions();
    }

    /**
     * A user's sessions, most recently active first, without their data.
     *
     * @return list<array<string, mixed>>
     */
    public function sessionsOf(string|int $id): array
    {
        return $this->keeper->sessionsOf($id);
    }

    /** Ends the other sessions of this session's user; returns how many. */
    public function endOthers(SessionInterface $of): int
    {
        $session = $this->known($of->getId());
        return $session === null || $session->storedId === ''
            ? 0
            : $this->keeper->endOthers($session->token, $session->storedId);
    }

    /** Ends all sessions of a user, or the one with a sid; returns how many. */
    public function endAll(string|int $id, ?string $only = null): int
    {
        return $this->keeper->endAll($id, $only);
    }

    /** The `sid` that the lists show for a session. */
    public function sidOf(SessionInterface $of): string
    {
        return Keeper::sid((string) $this->form->token($of->getId()));
    }

    /** Omits the session id. */
    public function __debugInfo(): array
    {
        return ['app' => $this->keeper->app()];
    }
}
