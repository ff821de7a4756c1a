<?php

// The previous store: reads its sessions in all of their formats, so that no user is logged out.

declare(strict_types=1);

namespace SessionsForRedis\Laravel;

use Illuminate\Contracts\Encryption\DecryptException;
use Illuminate\Contracts\Encryption\Encrypter;

/** @internal */
final class Before
{
    /**
     * @param ?\Closure(): ?Encrypter $encrypter decrypts the sessions, if the site has encrypted
     *     them
     */
    public function __construct(
        private readonly \SessionHandlerInterface $handler,
        private readonly ?\Closure $encrypter = null,
    ) {
    }

    /** @return array<mixed> empty if there is no such session */
    public function read(#[\SensitiveParameter] string $id): array
    {
        $text = (string) $this->handler->read($id);
        if ($text === '') {
            return [];
        }
        return self::parsed($text) ?? self::parsed($this->decrypted($text)) ?? [];
    }

    /** Removes a session; false: it was not there. */
    public function take(#[\SensitiveParameter] string $id): bool
    {
        $wasThere = (string) $this->handler->read($id) !== '';
        $this->handler->destroy($id);
        return $wasThere;
    }

    public function destroy(#[\SensitiveParameter] string $id): void
    {
        $this->handler->destroy($id);
    }

    /** @return ?array<mixed> */
    private static function parsed(#[\SensitiveParameter] string $text): ?array
    {
        foreach (Serialization::cases() as $serialization) {
            try {
                return $serialization->data($text);
            } catch (\JsonException | \UnexpectedValueException) {
                continue;
            }
        }
        return null;
    }

    private function decrypted(#[\SensitiveParameter] string $text): string
    {
        try {
            $decrypted = $this->encrypter === null ? null : ($this->encrypter)()?->decrypt($text);
            return is_string($decrypted) ? $decrypted : '';
        } catch (DecryptException) {
            return '';
        }
    }
}
