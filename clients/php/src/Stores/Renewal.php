<?php

// Gives a session a new id, as at a log-in. If the cookie's value is the token, the server
// generates a new token and the session stays the same (ROTATE). Otherwise a session with the new
// id replaces it: SAVE NX, then KILL.

declare(strict_types=1);

namespace SessionsForRedis\Stores;

final class Renewal
{
    /** Whether the old session was ended here, and its last state; null if it had already ended. */
    private bool $hasEnded = false;
    private ?Loaded $last = null;

    /**
     * @param ?int $grace seconds for which the old id stays valid; null: it ends immediately
     * @param ?array<mixed> $data the program's current data; null: unknown
     */
    public function __construct(
        private readonly Keeper $keeper,
        private readonly Loaded $old,
        private readonly ?int $grace = null,
        #[\SensitiveParameter] private readonly ?array $data = null,
    ) {
    }

    /**
     * For a framework that ends the old session before it stores the new one, and may not store
     * any.
     */
    public static function ended(Keeper $keeper, Loaded $old): self
    {
        $renewal = new self($keeper, $old);
        $now = $old->isNew ? null : $keeper->peek($old);
        $renewal->last = $keeper->end($old->token) ? $now : null;
        $renewal->hasEnded = true;
        return $renewal;
    }

    /**
     * Gives the session a new token and stores the program's changes. Returns null if that is not
     * possible: the session is not stored or has ended, or it is a visitor's and the old id stays
     * valid. An attacker may have planted that id, and after a log-in it must not lead to the
     * session.
     */
    public function rotate(Device $device): ?Loaded
    {
        $old = $this->old;
        $data = $this->data ?? $old->data;
        $isVisitors = $old->storedId === '' && $this->keeper->ownerOf($data) === $old->owner;
        if ($old->isNew || ($this->grace !== null && $isVisitors)) {
            return null;
        }
        // In ROTATE a null removes a key, so the next write stores a value that has become null.
        $changed = array_filter($old->changes($data), static fn (?string $text): bool => $text !== 'null');
        $owner = $this->keeper->ownerOf($data);
        $options = ['grace' => $this->grace, 'data' => $changed === [] ? null : Keeper::merged($changed)];
        $options += $this->keeper->changeOwner($old->owner, $owner, $device);
        $token = $this->keeper->commands()->rotate($old->token, $options);
        return $token === null ? null : self::rotated($old->under($token), $data, $changed, $owner);
    }

    /** @param array<?string> $changed */
    private static function rotated(
        Loaded $new,
        #[\SensitiveParameter] array $data,
        #[\SensitiveParameter] array $changed,
        ?string $owner,
    ): Loaded {
        $new->stored(Keeper::applied($changed, $new->raw()));
        foreach ($changed as $name => $text) {
            if ($text === null) {
                unset($new->data[$name]);
            } else {
                $new->data[$name] = $data[$name];
            }
        }
        $new->w = $new->w === null || $changed === [] ? $new->w : $new->w + 1;
        $new->storedId = $owner === $new->owner ? $new->storedId : (string) $owner;
        $new->owner = $owner;
        return $new;
    }

    /**
     * For a session that begins because another one has ended: data of the ended session are not
     * restored.
     */
    public function inherit(Loaded $new): Loaded
    {
        $new->data = $this->old->data;
        return $new;
    }

    /**
     * Stores the session under its new id and ends the old one. Returns false if the old one had
     * already ended.
     */
    public function replace(Loaded $new, #[\SensitiveParameter] array $data, Device $device): bool
    {
        if ($this->hasEnded && $this->last !== null) {
            $this->copy($this->last, $new, $data, $device);
            return true;
        }
        $now = $this->old->isNew || $this->hasEnded ? null : $this->keeper->peek($this->old);
        if ($now !== null) {
            $this->copy($now, $new, $data, $device);
            if ($this->endOld()) {
                return true;
            }
            $this->keeper->end($new->token);
            $new = $this->keeper->fresh($new->token);
        }
        return $this->keeper->write($this->inherit($new), $data, $device);
    }

    private function copy(Loaded $now, Loaded $new, #[\SensitiveParameter] array $data, Device $device): void
    {
        $texts = Keeper::applied($this->old->changes($data), $now->raw());
        $this->old->leaveIfEmptied($data);
        $owner = $this->keeper->ownerOf($data);
        $options = $this->keeper->changeOwner($this->old->owner, $owner, $device);
        $new->storedId = $options === [] ? $now->storedId : (string) $owner;
        $lifetime = $options['lifetime'] ?? null;
        if ($options === []) {
            $options = array_diff_key($now->about, ['until' => 0]);
            $options += $now->storedId === '' ? [] : ['id' => $now->storedId];
        }
        if ($lifetime === null && isset($now->about['until'])) {
            $lifetime = max(1, $now->about['until'] - time());
        }
        $this->keeper->store($new, $texts, $this->keeper->ttl($data), $options, $lifetime);
        $new->data = $data;
        $new->owner = $owner;
    }

    private function endOld(): bool
    {
        if ($this->grace === null) {
            return $this->keeper->end($this->old->token);
        }
        return $this->keeper->commands()->set($this->old->token, '{}', ['lifetime' => $this->grace]) !== null;
    }

    /** A renewal of the same session that ends the old id immediately. */
    public function ending(): self
    {
        return new self($this->keeper, $this->old);
    }

    /** Called if no session has replaced the old one. */
    public function abandon(Device $device): void
    {
        if ($this->grace === null && !$this->old->isNew) {
            $this->keeper->end($this->old->token);
        } elseif ($this->grace !== null && $this->data !== null) {
            $this->keeper->write($this->old, $this->data, $device);
        }
    }

    public function __debugInfo(): array
    {
        return ['grace' => $this->grace];
    }
}
