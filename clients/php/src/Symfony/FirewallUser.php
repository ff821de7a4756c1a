<?php

// The user of the session, as the firewall of this request knows it.
//
// The firewall keeps its user in an attribute that only PHP reads. So the attribute says whether
// there is a user, before and after the request, and UserListener says who it is.

declare(strict_types=1);

namespace SessionsForRedis\Symfony;

use SessionsForRedis\Stores\Loaded;

/** @internal */
final class FirewallUser
{
    /** The attribute of the firewall that has looked for a user in this request. */
    private ?string $attribute = null;
    private ?string $id = null;

    public function is(string $attribute, ?string $id): void
    {
        [$this->attribute, $this->id] = [$attribute, $id];
    }

    public function forget(): void
    {
        $this->attribute = $this->id = null;
    }

    /** @param array<mixed> $data */
    public function ownerOf(#[\SensitiveParameter] array $data): ?string
    {
        return $this->attribute !== null && isset($data[$this->attribute]) ? $this->id : null;
    }

    /**
     * The previous user of the session counts only if the same firewall has put that user into the
     * session.
     */
    public function compare(Loaded $loaded): void
    {
        if ($this->attribute === null || $loaded->isNew) {
            return;
        }
        $hadUser = isset($loaded->data[$this->attribute]);
        $loaded->owner = $hadUser && $loaded->storedId !== '' ? $loaded->storedId : null;
        // This does not apply to a session that another handler has stored: its first use is not a
        // log-in that keeps the id.
        $loaded->beganHere = $loaded->beganHere || $hadUser;
    }
}
