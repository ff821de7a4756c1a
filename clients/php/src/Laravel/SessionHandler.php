<?php

// Laravel's session handler.
//
// Laravel's Store generates the session id and gives all data of a session as one text. The handler
// remembers what it has read, and sends only the keys that differ.

declare(strict_types=1);

namespace SessionsForRedis\Laravel;

use Illuminate\Contracts\Container\Container;
use Illuminate\Session\ExistenceAwareInterface;
use SessionsForRedis\Exceptions\InvalidDataException;
use SessionsForRedis\Exceptions\SessionsException;
use SessionsForRedis\Handler;
use SessionsForRedis\Sessions;
use SessionsForRedis\Stores\CookieForm;
use SessionsForRedis\Stores\Device;
use SessionsForRedis\Stores\Keeper;
use SessionsForRedis\Stores\Loaded;
use SessionsForRedis\Stores\Moving;
use SessionsForRedis\Stores\Renewal;

final class SessionHandler implements \SessionHandlerInterface, ExistenceAwareInterface
{
    /** The session of the request, and the id under which Laravel has asked for it. */
    private ?Loaded $loaded = null;
    private ?string $id = null;

    /**
     * The session that the next stored session replaces: Laravel has generated another id, and may
     * have ended this session.
     */
    private ?Renewal $renewal = null;
    private ?Loaded $old = null;
    private bool $isLeft = false;

    public function __construct(
        private readonly Keeper $keeper,
        private readonly CookieForm $form,
        public readonly Serialization $serialization = Serialization::Json,
        private ?Container $container = null,
        private readonly ?Before $before = null,
    ) {
    }

    /**
     * Octane gives each request its own container.
     *
     * @return $this
     */
    public function setContainer(Container $container): self
    {
        $this->container = $container;
        return $this;
    }

    public function open(string $path, string $name): bool
    {
        return true;
    }

    public function close(): bool
    {
        return true;
    }

    public function gc(int $max_lifetime): int
    {
        return 0;
    }

    public function read(#[\SensitiveParameter] string $id): string
    {
        $this->forget();
        $token = $this->form->token($id);
        if ($token === null) {
            return '';
        }
        $this->id = $id;
        $this->loaded = $this->keeper->load($token) ?? $this->moved($id, $token) ?? $this->keeper->fresh($token);
        return $this->loaded->isNew ? '' : $this->serialization->text($this->loaded->data);
    }

    private function forget(): void
    {
        $this->loaded = $this->id = $this->renewal = $this->old = null;
        $this->isLeft = false;
    }

    /** Moves a session from the previous store. */
    private function moved(#[\SensitiveParameter] string $id, #[\SensitiveParameter] string $token): ?Loaded
    {
        $before = $this->before;
        $data = $before?->read($id) ?? [];
        if ($before === null || $data === []) {
            return null;
        }
        return (new Moving($this->keeper))->move($token, $data, $this->device(), static fn () => $before->take($id));
    }

    /**
     * Also returns true for a session that has ended: then nothing is stored, and the response is
     * sent.
     */
    public function write(#[\SensitiveParameter] string $id, #[\SensitiveParameter] string $data): bool
    {
        if ($data === '') {
            throw new InvalidDataException('session data: Laravel cannot serialize it', 'DATA');
        }
        $data = $this->serialization->data($data);
        if ($this->loaded === null || $this->id !== $id) {
            $this->writeDrawn($id, $data);
        } elseif ($this->loaded->isNew) {
            $this->writeUnknown($this->loaded, $data);
        } else {
            $this->keeper->write($this->loaded, $this->asIn($this->loaded, $data), $this->device());
        }
        return true;
    }

    /** A session under an id that Laravel has generated in this request. */
    private function writeDrawn(#[\SensitiveParameter] string $id, #[\SensitiveParameter] array $data): void
    {
        $token = $this->form->token($id);
        if ($token === null) {
            return;
        }
        [$renewal, $old] = [$this->renewal, $this->old];
        $this->forget();
        [$this->loaded, $this->id] = [$this->keeper->fresh($token), $id];
        $renewal === null || $old === null
            ? $this->keeper->write($this->loaded, $data, $this->device())
            : $renewal->replace($this->loaded, $this->asIn($old, $data), $this->device());
    }

    /**
     * Laravel keeps the id of a cookie that names no session, so several simultaneous requests may
     * begin that session.
     */
    private function writeUnknown(Loaded $loaded, #[\SensitiveParameter] array $data): void
    {
        try {
            $this->keeper->write($loaded, $data, $this->device());
        } catch (SessionsException $exception) {
            if ($exception->getCode() !== 'EXISTS') {
                throw $exception;
            }
            $now = $this->keeper->load($loaded->token);
            // The data of a visitor must not get into the session of a user.
            if ($now?->storedId === '') {
                $this->keeper->write($now, array_replace($now->data, $data), $this->device());
            }
        }
    }

    /**
     * The data, with the loaded value where only its form has changed: 1.0 becomes 1 when it is
     * written and read as JSON.
     *
     * @param array<mixed> $data
     * @return array<mixed>
     */
    private function asIn(Loaded $loaded, #[\SensitiveParameter] array $data): array
    {
        $before = $this->serialization->data($this->serialization->text($loaded->data));
        foreach ($data as $name => $value) {
            if (array_key_exists($name, $before) && $before[$name] === $value) {
                $data[$name] = $loaded->data[$name];
            }
        }
        return $data;
    }

    public function destroy(#[\SensitiveParameter] string $id): bool
    {
        $token = $this->form->token($id);
        if ($token === null) {
            return true;
        }
        $ended = $this->meant($id);
        if ($ended === null) {
            $this->keeper->end($token);
        } else {
            $this->renew(Renewal::ended($this->keeper, $ended), $ended);
        }
        $this->before?->destroy($id);
        return true;
    }

    /** The session with this id. An id that this request has replaced also finds the session. */
    private function meant(#[\SensitiveParameter] string $id): ?Loaded
    {
        return $this->id === $id ? $this->loaded : ($this->isLeft ? $this->old : null);
    }

    /** Ends the session without replacing it. */
    public function end(#[\SensitiveParameter] string $id): void
    {
        $token = $this->meant($id)?->token ?? $this->form->token($id);
        if ($token !== null) {
            $this->keeper->end($token);
            $this->before?->destroy($id);
        }
        $this->forget();
    }

    private function renew(Renewal $renewal, Loaded $old): void
    {
        $this->forget();
        [$this->renewal, $this->old] = [$renewal, $old];
    }

    /**
     * Laravel passes `false` when it has generated another id. If it has not destroyed the old
     * session by then, that session stays for requests in progress.
     *
     * @param bool $value
     * @return $this
     */
    public function setExists($value)
    {
        if (!$value && $this->loaded !== null && !$this->loaded->isNew) {
            $this->renew(new Renewal($this->keeper, $this->loaded, Handler::GRACE), $this->loaded);
            $this->isLeft = true;
        }
        return $this;
    }

    private function device(): Device
    {
        if ($this->container?->bound('request') !== true) {
            return Device::of(null, null);
        }
        $request = $this->container->make('request');
        return Device::of($request->ip(), $request->headers->get('User-Agent'));
    }

    /** The commands, for everything that the store does not do. */
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

    /**
     * Ends the other sessions of this session's user; returns how many.
     *
     * @param array<mixed> $data
     */
    public function endOthers(#[\SensitiveParameter] string $id, #[\SensitiveParameter] array $data): int
    {
        $token = $this->form->token($id);
        $owner = $this->keeper->ownerOf($data) ?? $this->loaded?->storedId ?? '';
        return $token === null || $owner === '' ? 0 : $this->keeper->endOthers($token, $owner);
    }

    /** Ends all sessions of a user, or the one with a sid; returns how many. */
    public function endAll(string|int $id, ?string $only = null): int
    {
        return $this->keeper->endAll($id, $only);
    }

    /** The `sid` that the lists show for a session. */
    public function sidOf(#[\SensitiveParameter] string $id): string
    {
        return Keeper::sid((string) $this->form->token($id));
    }

    /** Omits the session id. */
    public function __debugInfo(): array
    {
        return ['app' => $this->keeper->app()];
    }
}
