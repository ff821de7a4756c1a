<?php

// The text in which Laravel's Store passes all data of a session to its handler and gets it back.

declare(strict_types=1);

namespace SessionsForRedis\Laravel;

use Illuminate\Session\Store as LaravelStore;
use Illuminate\Support\MessageBag;
use Illuminate\Support\ViewErrorBag;

enum Serialization: string
{
    case Json = 'json';

    /** The only format of Laravel 8. */
    case Php = 'php';

    /** The format of the installed version of Laravel. */
    public static function installed(): self
    {
        return property_exists(LaravelStore::class, 'serialization') ? self::Json : self::Php;
    }

    /** @param array<mixed> $data */
    public function text(array $data): string
    {
        if ($this === self::Json) {
            return json_encode($data, JSON_THROW_ON_ERROR);
        }
        if (isset($data['errors']) && is_array($data['errors'])) {
            $data['errors'] = self::errorBag($data['errors']);
        }
        return serialize($data);
    }

    /**
     * Throws JsonException or UnexpectedValueException for any other text.
     *
     * @return array<mixed>
     */
    public function data(string $text): array
    {
        if ($this === self::Json) {
            $data = json_decode($text, true, flags: JSON_THROW_ON_ERROR);
        } else {
            $data = @unserialize($text, ['allowed_classes' => [ViewErrorBag::class, MessageBag::class]]);
        }
        if (!is_array($data)) {
            throw new \UnexpectedValueException("the session's data is not in the serialization {$this->value}");
        }
        if (($data['errors'] ?? null) instanceof ViewErrorBag) {
            $data['errors'] = self::errors($data['errors']);
        }
        return $data;
    }

    /**
     * The errors of a form as later versions of Laravel store them.
     *
     * @return array<string, array{format: string, messages: array<mixed>}>
     */
    private static function errors(ViewErrorBag $bags): array
    {
        return array_map(
            static fn (MessageBag $bag): array => ['format' => $bag->getFormat(), 'messages' => $bag->getMessages()],
            $bags->getBags(),
        );
    }

    /** @param array<mixed> $errors */
    private static function errorBag(array $errors): ViewErrorBag
    {
        $bags = new ViewErrorBag();
        foreach ($errors as $name => $bag) {
            if (!is_array($bag) || !is_array($bag['messages'] ?? null)) {
                continue;
            }
            $messages = new MessageBag($bag['messages']);
            $bags->put((string) $name, $messages->setFormat($bag['format'] ?? ':message'));
        }
        return $bags;
    }
}
