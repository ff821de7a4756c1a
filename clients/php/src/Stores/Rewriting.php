<?php

declare(strict_types=1);

namespace SessionsForRedis\Stores;

use SessionsForRedis\Data\Json;
use SessionsForRedis\Exceptions\ConflictException;

/**
 * Stores all data of a session that was read. Only a change of the session's user or a null among
 * the data requires this. Changes by other clients are kept: after a conflict the session is read,
 * and the changes are applied again.
 *
 * @internal
 */
final class Rewriting
{
    private const TRIES = 3;

    private static bool $hasWarned = false;

    public function __construct(private readonly Keeper $keeper, private readonly Options $options)
    {
    }

    /**
     * Returns false if the session has ended or belongs to another user now.
     *
     * @param array<?string> $changed
     */
    public function write(
        Loaded $loaded,
        #[\SensitiveParameter] array $data,
        #[\SensitiveParameter] array $changed,
        Device $device,
    ): bool {
        [$raw, $w] = [$loaded->raw(), $loaded->w];
        for ($tried = 1;; $tried++) {
            if ($this->options->merge && $w === null) {
                $now = $this->keeper->peek($loaded);
                if ($now === null) {
                    return false;
                }
                [$raw, $w] = [$now->raw(), $now->w];
            }
            $texts = Keeper::applied($changed, $raw);
            try {
                $isAlive = $this->replaceData($loaded, $data, $texts, $w, $device);
            } catch (ConflictException $conflict) {
                if ($tried === self::TRIES) {
                    throw $conflict;
                }
                $w = null;
                continue;
            }
            if ($isAlive) {
                $loaded->w = $w === null ? null : $w + 1;
                $loaded->stored($texts);
            }
            return $isAlive;
        }
    }

    /** @param array<string> $texts */
    private function replaceData(
        Loaded $loaded,
        #[\SensitiveParameter] array $data,
        #[\SensitiveParameter] array $texts,
        ?int $w,
        Device $device,
    ): bool {
        $owner = $this->keeper->ownerOf($data);
        $ttl = $loaded->isFixed ? null : $this->keeper->ttl($data);
        $options = ['xx' => true, 'ttl' => $ttl, 'ifW' => $this->options->merge ? $w : null];
        $options += $this->keeper->changeOwner($loaded->owner, $owner, $device);
        if ($this->keeper->commands()->save($loaded->token, Json::joined($texts), $options) === 0) {
            return false;
        }
        if ($owner !== $loaded->owner) {
            $loaded->storedId = $owner ?? '';
            $this->warnOfFixation($loaded, $owner);
        }
        $loaded->ttl = $ttl ?? $loaded->ttl;
        return true;
    }

    private function warnOfFixation(Loaded $loaded, ?string $owner): void
    {
        if ($owner === null || $loaded->beganHere || $loaded->owner !== null || self::$hasWarned) {
            return;
        }
        self::$hasWarned = true;
        error_log(
            'SessionsForRedis: a log-in kept its session id: an attacker who planted it in the browser is now ' .
            'logged in too. Call session_regenerate_id(true) or the framework\'s method at the log-in.'
        );
    }
}
