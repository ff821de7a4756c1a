<?php

// The sessions of phpredis' or Predis' own session handler, if a site used it before. Each session
// is moved at its next request, so that no user is logged out.

declare(strict_types=1);

namespace SessionsForRedis\Stores;

use SessionsForRedis\Data\PhpText;

/** @internal */
final class Former
{
    /**
     * Seconds for which a session with a new id keeps its old one: requests of its browser may be
     * in progress.
     */
    private const GRACE = 10;

    /** @param string $prefix of the keys, in front of PHP's session id */
    public function __construct(private readonly Keeper $keeper, private readonly string $prefix)
    {
        if ($prefix === '') {
            throw new \InvalidArgumentException('from must be the key prefix of the previous sessions');
        }
    }

    /** Moves the session of PHP's id, which is its id here, and reads it; null if there is none. */
    public function move(
        #[\SensitiveParameter] string $id,
        #[\SensitiveParameter] string $token,
        Device $device,
    ): ?Loaded {
        return $this->copy($id, $token, $device, 'DEL');
    }

    /** The same for a session that gets another id here. */
    public function moveTo(
        #[\SensitiveParameter] string $token,
        #[\SensitiveParameter] string $id,
        Device $device,
    ): ?Loaded {
        return $this->copy($id, $token, $device, 'EXPIRE', (string) self::GRACE);
    }

    private function copy(
        #[\SensitiveParameter] string $id,
        #[\SensitiveParameter] string $token,
        Device $device,
        string $command,
        string ...$arguments,
    ): ?Loaded {
        // Only PHP's own ids: a cookie can contain any text and must not name other keys.
        $text = preg_match('/^[a-zA-Z0-9,-]{16,256}$/D', $id) ? $this->ask($id, 'GET') : null;
        $data = is_string($text) ? PhpText::read($text) : null;
        if ($data === null) {
            return null;
        }
        $take = fn (): bool => (int) $this->ask($id, $command, ...$arguments) === 1;
        return (new Moving($this->keeper))->move($token, $data, $device, $take);
    }

    private function ask(#[\SensitiveParameter] string $id, string $command, string ...$arguments): mixed
    {
        $key = $this->prefix . $id;
        return $this->keeper->commands()->sender->at($key, [$command, $key, ...$arguments]);
    }
}
