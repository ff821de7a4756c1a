<?php

declare(strict_types=1);

namespace SessionsForRedis\Stores;

use SessionsForRedis\Data\Json;
use SessionsForRedis\Exceptions\InvalidDataException;
use SessionsForRedis\Exceptions\SessionsException;

/**
 * Moves a session from another store. The maximum number of sessions per user does not apply,
 * because a move is not a log-in.
 *
 * @internal
 */
final class Moving
{
    public function __construct(private readonly Keeper $keeper)
    {
    }

    /**
     * Stores the session, unless another request of the same browser has stored it, and reads it. A
     * value that JSON cannot hold is omitted: otherwise the session could not be moved.
     *
     * @param array<mixed> $data
     * @param \Closure(): bool $take removes the session from the other store; false: it was no
     *     longer there. Then another request has moved the session since the data were read, and it
     *     has ended here
     */
    public function move(
        #[\SensitiveParameter] string $token,
        #[\SensitiveParameter] array $data,
        Device $device,
        \Closure $take,
    ): ?Loaded {
        $texts = self::texts($data);
        $owner = $this->keeper->ownerOf($data);
        $options = ['ip' => $device->ip, 'ua' => $device->ua] + ($owner === null ? [] : ['id' => $owner]);
        $fresh = $this->keeper->fresh($token);
        try {
            $this->keeper->store($fresh, $texts, $this->keeper->ttl($data), $options, $this->keeper->lifetime());
            if (!$take()) {
                $this->keeper->end($token);
                return null;
            }
        } catch (SessionsException $exception) {
            if ($exception->getCode() !== 'EXISTS') {
                throw $exception;
            }
        }
        return $this->keeper->load($token);
    }

    /**
     * @param array<mixed> $data
     * @return array<string>
     */
    private static function texts(#[\SensitiveParameter] array $data): array
    {
        $texts = [];
        foreach ($data as $name => $value) {
            try {
                $texts[$name] = Json::value($value, (string) $name);
            } catch (InvalidDataException $exception) {
                error_log("SessionsForRedis: not moved: {$exception->getMessage()}");
            }
        }
        return $texts;
    }
}
