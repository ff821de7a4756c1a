<?php

declare(strict_types=1);

namespace SessionsForRedis;

/**
 * Builds the words of a command option by option. Absent and null options are omitted; unknown
 * options are refused.
 *
 * @internal
 */
final class Words
{
    /** @var list<string> */
    private array $list;

    /** @param array<string, mixed> $options */
    public function __construct(
        string $command,
        #[\SensitiveParameter] array $arguments,
        #[\SensitiveParameter] private array $options = [],
    ) {
        $this->list = ["SESSIONS.$command"];
        $this->add(...$arguments);
    }

    private function take(string $option): mixed
    {
        $value = $this->options[$option] ?? null;
        unset($this->options[$option]);
        return $value;
    }

    public function add(string|int ...$words): self
    {
        foreach ($words as $word) {
            $this->list[] = (string) $word;
        }
        return $this;
    }

    public function value(string $word, string $option): self
    {
        $value = $this->take($option);
        if ($value === null) {
            return $this;
        }
        if (!is_string($value) && !is_int($value)) {
            throw new \InvalidArgumentException(
                "$option must be a string or an integer, not " . get_debug_type($value)
            );
        }
        return $this->add($word, $value);
    }

    public function flag(string $word, string $option): self
    {
        return $this->take($option) ? $this->add($word) : $this;
    }

    /** `ID id`, or ANON for null. */
    public function owner(): self
    {
        if (array_key_exists('id', $this->options) && $this->options['id'] === null) {
            unset($this->options['id']);
            return $this->add('ANON');
        }
        return $this->value('ID', 'id');
    }

    public function device(): self
    {
        return $this->value('IP', 'ip')->value('UA', 'ua');
    }

    public function ends(): self
    {
        return $this->value('TTL', 'ttl')->value('LIFETIME', 'lifetime');
    }

    public function limit(): self
    {
        return $this->value('MAX', 'max')->flag('REJECT', 'reject');
    }

    public function page(int $offset, int $limit): self
    {
        unset($this->options['offset'], $this->options['limit']);
        return $offset === 0 && $limit < 0 ? $this : $this->add('LIMIT', $offset, $limit);
    }

    /** @return list<string> */
    public function list(): array
    {
        if ($this->options !== []) {
            throw new \InvalidArgumentException('unknown option: ' . implode(', ', array_keys($this->options)));
        }
        return $this->list;
    }

    public function __debugInfo(): array
    {
        return [];
    }
}
