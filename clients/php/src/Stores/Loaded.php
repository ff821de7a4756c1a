<?php

declare(strict_types=1);

namespace SessionsForRedis\Stores;

use SessionsForRedis\Data\Json;
use SessionsForRedis\Data\Raw;

/** What is known of the stored session from which the program's data were made. */
final class Loaded
{
    /** Nothing is stored yet. */
    public bool $isNew = true;

    /**
     * The data as they were read or last stored. In a new session: the data that must not be
     * stored, because they come from a session that has ended.
     *
     * @var array<mixed>
     */
    public array $data = [];

    /** The user of the session according to that data. */
    public ?string $owner = null;

    /** The id that owns the session on the server; empty: anonymous. */
    public string $storedId = '';

    /**
     * The server's write counter; null if other clients have written data that are not known here.
     */
    public ?int $w = null;

    public int $ttl = 0;

    /** Seconds since the last use, and when the session began. */
    public int $idle = 0;
    public int $created = 0;

    /** @var array{ip?: string, ua?: string, until?: int} */
    public array $about = [];

    /** Use does not extend the session: another program has set this. */
    public bool $isFixed = false;

    /** The session began in this request, so no attacker can have planted its id. */
    public bool $beganHere = true;

    /**
     * The current token of the session, if the session was found by its old token during a grace.
     */
    public ?string $presentToken = null;

    /** It got a new token in this request. */
    public bool $hasNewToken = false;

    private ?string $reply = null;

    /** @var ?array<string> */
    private ?array $raw = null;

    public function __construct(#[\SensitiveParameter] public readonly string $token)
    {
    }

    /** From a reply of GET, PEEK or SET with JSON. */
    public static function read(#[\SensitiveParameter] string $token, #[\SensitiveParameter] string $reply): self
    {
        $session = Json::read($reply);
        $loaded = new self($token);
        $loaded->isNew = false;
        $loaded->data = $session['d'];
        $loaded->storedId = $session['id'] ?? '';
        $loaded->w = $session['w'];
        $loaded->ttl = $session['ttl'];
        $loaded->idle = $session['idle'];
        $loaded->created = $session['created'] ?? time();
        $loaded->about = array_intersect_key($session, ['ip' => 0, 'ua' => 0, 'until' => 0]);
        $loaded->isFixed = isset($session['no_resave']);
        $loaded->beganHere = false;
        $loaded->presentToken = $session['token'] ?? null;
        $loaded->reply = $reply;
        return $loaded;
    }

    /** The same session under a new token. */
    public function under(#[\SensitiveParameter] string $token): self
    {
        $renamed = new self($token);
        foreach (get_object_vars($this) as $name => $value) {
            if (!in_array($name, ['token', 'presentToken', 'beganHere'], true)) {
                $renamed->$name = $value;
            }
        }
        $renamed->hasNewToken = true;
        return $renamed;
    }

    /**
     * After a log-out, when a site gives the session a new id and removes all data. The session
     * becomes anonymous, regardless of the framework that has logged the user in.
     *
     * @param array<mixed> $data
     */
    public function leaveIfEmptied(#[\SensitiveParameter] array $data): void
    {
        if ($this->storedId !== '' && $this->data !== [] && array_intersect_key($this->data, $data) === []) {
            $this->owner = $this->storedId;
        }
    }

    /** @return array<string> the stored text of each key */
    public function raw(): array
    {
        return $this->raw ??= $this->reply === null ? [] : Raw::parts(Raw::parts($this->reply)['d']);
    }

    /** @param array<string> $texts the text of each key, as it is stored now */
    public function stored(#[\SensitiveParameter] array $texts): void
    {
        $this->raw = $texts;
    }

    /** Takes the stored texts from a reply of SET, and returns the write counter in it. */
    public function replied(#[\SensitiveParameter] string $reply): int
    {
        $this->reply = $reply;
        $this->raw = null;
        // Quotes within a value are escaped: the first match is the counter.
        return preg_match('/"w":(\d+)/', $reply, $found) ? (int) $found[1] : 0;
    }

    /**
     * The keys of `data` whose value differs from the one here, and null for those that were
     * removed.
     *
     * @param array<mixed> $data
     * @return array<?string> JSON texts
     */
    public function changes(#[\SensitiveParameter] array $data): array
    {
        $changed = [];
        foreach ($data as $name => $value) {
            $isKnown = array_key_exists($name, $this->data);
            if ($isKnown && $value === $this->data[$name]) {
                continue;
            }
            $before = $isKnown && is_array($value) ? $this->raw()[$name] ?? null : null;
            $changed[$name] = $before === null
                ? Json::value($value, (string) $name)
                : Raw::keeping($value, $before, (string) $name);
        }
        return $changed + array_map(static fn () => null, array_diff_key($this->data, $data));
    }

    /** Omits the token. */
    public function __debugInfo(): array
    {
        return ['isNew' => $this->isNew, 'owner' => $this->owner, 'ttl' => $this->ttl];
    }
}
