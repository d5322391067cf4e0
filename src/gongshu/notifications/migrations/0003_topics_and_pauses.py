from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0002_letters_and_webhooks'),
    ]

    operations = [
        migrations.AddField(
            model_name='preference',
            name='topics',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name='webhook',
            name='paused',
            field=models.BooleanField(default=False),
        ),
    ]
